// A store that nobody has set up yet: its till page leads to where that is done, once a tab.

const LATER = "stillopen.setup-later"; // what the set-up page's way back to the till leaves

/** Go to the set-up page where the store sells by the example still; then this never answers. */
export async function setUpFirst(status) {
  if (!status.setup?.needed || sessionStorage.getItem(LATER)) return;
  location.replace("/setup");
  await new Promise(() => {}); // the page is being left
}
