// A short low tone: whoever scans looks at the goods, not at the screen.

const TONE_HZ = 220; // low, as scanners' own tones for a bad read are, and unlike their beep
const TONE_S = 0.18;
const EDGE_S = 0.01; // in and out this slowly, it does not click
const LOUDNESS = 0.25; // of full: heard beside the till, not in the shop
const LATE_MS = 400; // a tone for a scan of a while ago would be heard as one for the next

let sound; // the browser's, once it was needed
let newest;

/** Sound it; nothing where the browser gives no sound, as before the page was first touched. */
export function refusedTone() {
  const asked = performance.now();
  try {
    sound ??= new AudioContext();
  } catch {
    return; // it has none, or none to spare
  }
  sound.resume().then(() => {
    if (performance.now() - asked < LATE_MS) play();
  }, () => {}); // it gives none
}

function play() {
  const tone = new OscillatorNode(sound, { type: "square", frequency: TONE_HZ });
  const gain = new GainNode(sound, { gain: 0 });
  const begin = sound.currentTime;
  gain.gain.setValueCurveAtTime([0, LOUDNESS], begin, EDGE_S);
  gain.gain.setValueCurveAtTime([LOUDNESS, 0], begin + TONE_S - EDGE_S, EDGE_S);
  tone.connect(gain).connect(sound.destination);
  tone.onended = () => {
    if (newest === tone) void sound.suspend(); // till the next one the PC's sound is nobody's
  };
  newest = tone;
  tone.start(begin);
  tone.stop(begin + TONE_S);
}
