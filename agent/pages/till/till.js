// The till page: a view of the agent's sale, and the one place where its parts meet.

import { Unpaired, newKey, write } from "../parts/api.js";
import { afterPress, el, replace } from "../parts/dom.js";
import { listen } from "../parts/events.js";
import { chooseMoney } from "../parts/money.js";
import { chooseLanguage, t } from "../parts/words.js";
import { Actions, isWeight } from "./actions.js";
import { Attending } from "./attending.js";
import { agentBanner, noAnswer } from "./banners.js";
import { Basket } from "./basket.js";
import { CardNotices } from "./card_reader.js";
import { AT_HAND, command } from "./commands.js";
import { tellOfDrawer } from "./drawer_news.js";
import { Finder } from "./finder.js";
import { setUpFirst } from "./first_run.js";
import { KEYS, listenToKeys } from "./keys.js";
import { lampBar } from "./lamps.js";
import { Kept } from "./kept.js";
import { LineNews } from "./line.js";
import { Messages } from "./messages.js";
import { Outgoing } from "./outgoing.js";
import { addressHasCode, pair } from "./pairing.js";
import { weightPanel } from "./panels_line.js";
import { PcBand } from "./pc_band.js";
import { PrintQuestion } from "./print_question.js";
import { Questions } from "./questions.js";
import { QuickKeys } from "./quick.js";
import { Refusals } from "./refusals.js";
import { ShiftWatch } from "./shift_watch.js";
import { StaffWatch } from "./staff.js";
import { TillState } from "./state.js";
import { TrainingBand } from "./training.js";
import { Wedge } from "./wedge.js";


export class Till {
  state = new TillState();
  #root;
  #panel = null;
  messages = new Messages();
  refusals = new Refusals(this);
  #pairing = false;

  constructor(root) {
    this.#root = root;
  }

  /** Whether anything is being rung. */
  get rings() {
    return Boolean(this.state.sale?.lines.length);
  }

  get entry() {
    return this.finder.input;
  }

  /** Pair if need be, read the state, draw, listen. Answers when the till is ready. */
  async start() {
    chooseLanguage();
    await this.#firstAnswer();
    const { store } = this.state;
    chooseLanguage(store.locale);
    chooseMoney(store);
    this.outgoing = new Outgoing({
      kept: new Kept(this.state.id),
      write,
      findSale: async () => this.state.sale?.id ?? (await write("POST", "/v1/sales", { till: this.state.id }, newKey())).id,
      leave: (problem) => this.staff.leave(problem),
    });
    this.actions = new Actions({ outgoing: this.outgoing, state: this.state, say: (message) => this.say(message), refusals: this.refusals });
    this.attending = new Attending(this.actions, this.state);
    this.outgoing.followUp(this.actions.followUps());
    this.#build();
    this.state.addEventListener("change", () => this.#update());
    this.state.addEventListener("heard", ({ detail }) => {
      this.cards.heard(detail);
      this.#panel?.heard?.(detail);
      tellOfDrawer(this, detail);
    });
    this.outgoing.addEventListener("change", ({ detail }) => {
      if (detail.error instanceof Unpaired) this.state.unpaired = true;
      this.#update();
    });
    this.outgoing.addEventListener("refused", ({ detail }) => this.refusals.ofThen(detail));
    this.outgoing.addEventListener("outdated", ({ detail }) => this.say({ kind: "refused", text: t("message.outdated", { what: detail.entry.label }) }));
    listenToKeys(this);
    new LineNews(this);
    new Wedge((text) => this.scanned(text)).start();
    listen({
      till: this.state.id,
      onEvent: (event) => this.state.heard(event),
      onUp: () => {
        this.state.up();
        void this.staff.read();
        if (this.quick.arranged.pages.length) void this.quick.load(); // else the start reads them just now
        this.outgoing.wake();
      },
      onDown: () => this.state.down(),
    });
    this.#update();
    await this.outgoing.open();
    await this.quick.load();
    if (this.isHome()) this.finder.focus(); // a panel asked for meanwhile keeps what is typed into it
  }

  /** Put a panel on the right; a scan, a search or Escape puts the items back. */
  show(panel) {
    if (panel !== this.#panel) this.#panel?.closed?.();
    this.#panel = panel;
    this.#drawPanel();
    afterPress(() => panel === this.#panel && panel.focus?.()); // it may be drawn only once the button is let go
  }

  home() {
    if (this.staff.locked) {
      this.staff.ask();
      return;
    }
    if (!this.#panel) return;
    this.#panel.closed?.();
    this.#panel = null;
    this.#drawPanel();
    afterPress(() => this.isHome() && this.finder.focus());
    this.shift.look();
  }

  isHome() {
    return this.#panel === null;
  }

  /** Whether nobody is at anything that a panel coming by itself would take away. */
  isFree() {
    return (this.isHome() || Boolean(this.#panel.yields?.())) && !this.entry.value;
  }

  /** Whether the open panel takes a code for itself, as a lot or a customer's card. */
  takes(text) {
    return Boolean(this.#panel?.takesScan?.(text));
  }

  /** Whether the open panel follows this card payment. */
  showsCardPayment(id) {
    return this.#panel?.follows === id;
  }

  /**
   * Go on from `panel` to `next`, or else to the items: what an answer does that took its time. False, and nothing, where
   * somebody has opened another panel since.
   */
  goOn(panel, next = null) {
    if (this.#panel !== panel && !(next && this.isHome() && !this.entry.value)) return false;
    if (next) this.show(next);
    else this.home();
    return true;
  }

  asksForPairing() {
    return this.#pairing;
  }

  /** A code from a wedge scanner: the open panel may want it, otherwise it is an item. One that was `typed` may be a shop's own number. */
  async scanned(text, typed = false) {
    if (this.#pairing || this.refusals.isCard(text) || this.staff.refuses(text) || this.takes(text)) return;
    await this.actions.scan(text, typed);
  }

  /** An item chosen by hand, so many `times`; what is sold by weight is weighed first, each by itself. */
  async chosen(item, times = this.actions.takeTimes()) {
    if (item.unit !== "kg" || isWeight(times)) {
      await this.actions.addItem(item, times);
      return;
    }
    this.show(weightPanel(this, item, { sku: item.sku }));
    if (!times) return;
    this.finder.update(); // it is not for the next item either
    this.say({ kind: "refused", text: t("weight.no_times", { name: item.name }) });
  }

  /** Drop what was asked for while the agent was away. */
  forget(entry) {
    this.outgoing.drop(entry.key);
    this.say({ kind: "note", text: t("message.dropped", { what: entry.label }) });
  }

  /** Tell something that needs no answer: see `Messages`. */
  say(message) {
    this.messages.say(message);
  }

  /** Do what a key or a button asks for, or say why not. */
  command(name) {
    command(this, name);
  }

  async #firstAnswer() {
    if (addressHasCode()) await this.#pair();
    for (;;) {
      try {
        await this.state.start();
        await this.state.recall();
        await setUpFirst(this.state.status);
        return;
      } catch (error) {
        if (error instanceof Unpaired) await this.#pair();
        else await noAnswer(this.#root, error);
      }
    }
  }

  async #pair() {
    this.#pairing = true;
    await pair(this.#root);
    this.#pairing = false;
    this.state.unpaired = false;
  }

  #build() {
    const { store, id } = this.state;
    document.title = document.body.classList.contains("page-till") ? t("page.title", { till: id, store: store.name ?? "" }) : document.title;
    this.questions = new Questions(this);
    this.shift = new ShiftWatch(this);
    this.quick = new QuickKeys(this);
    this.finder = new Finder(this);
    void this.finder.search();
    this.basket = new Basket(this);
    this.lamps = lampBar(this);
    this.staff = new StaffWatch(this);
    this.printQuestion = new PrintQuestion(this);
    this.pc = new PcBand(this);
    this.training = new TrainingBand(this);
    this.cards = new CardNotices(this);
    this.banner = el("div.banners", { "aria-live": "polite" });
    this.side = el("section.side");
    this.park = el("span");
    const button = (name) => {
      const [key, , word] = KEYS.find(([, known]) => known === name);
      return el("button.command", { type: "button", "data-key": `command-${name}`, "data-command": name, onclick: () => this.command(name) },
        name === "park" ? this.park : el("span", {}, t(word)), el("kbd", {}, key));
    };
    this.commands = el("nav.commands", {}, AT_HAND.map(button));
    this.frame = el("div.till", {},
      el("header.bar", {},
        el("h1", {}, store.name ?? t("bar.till", { till: id }), el("small", {}, id)),
        this.lamps.element,
        this.staff.element,
        el("button.help-button", { type: "button", "data-key": "help", onclick: () => this.command("help") }, t("bar.help"), el("kbd", {}, "F1"))),
      el("div.notices", {}, this.training.element, this.staff.notice, this.banner, this.pc.element, this.cards.element, this.printQuestion.element),
      this.basket.element,
      el("div.right", {}, this.finder.element, this.side, this.messages.element, this.commands));
    replace(this.#root, this.frame);
    this.#drawPanel();
  }

  #drawPanel() {
    const panel = this.#panel;
    this.frame.classList.toggle("with-panel", panel !== null);
    replace(this.side, panel
      ? el("div.panel", { role: "region", "aria-label": panel.title },
        el("header.panel-head", {}, el("h2", {}, panel.title),
          el("button.back", { type: "button", "data-key": "back", onclick: () => this.home() }, t("action.back"), el("kbd", {}, "Esc"))),
        el("div.panel-body", {}, panel.body))
      : this.finder.shelf);
    this.#updatePanel();
    this.cards.update(); // a payment that no panel follows any more stands above the sale
  }

  #updatePanel() {
    const panel = this.#panel;
    if (!panel) return;
    panel.update?.(this.state);
    const head = this.side.querySelector(".panel-head h2");
    if (head && panel === this.#panel && head.textContent !== panel.title) head.textContent = panel.title;
  }

  #update() {
    if (this.state.unpaired && !this.#pairing) {
      void this.#pairAgain();
      return;
    }
    this.frame.dataset.live = String(this.state.live);
    for (const part of [this.lamps, this.training, this.pc, this.cards, this.printQuestion, this.basket, this.finder]) part.update();
    const { parked, sale } = this.state;
    this.park.textContent = parked.length && !sale?.lines.length ? t("action.parked", { n: parked.length }) : t("action.park");
    replace(this.banner, agentBanner(this), this.shift.banner());
    this.#updatePanel();
    this.questions.put();
  }

  async #pairAgain() {
    await this.#pair();
    replace(this.#root, this.frame);
    this.state.soon("till", "status", "last");
    this.outgoing.wake();
    this.finder.focus();
  }
}
