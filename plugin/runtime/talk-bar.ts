import { limits, type Language } from "../../service/protocol/index.ts";

/** Whom one can talk to. */
export interface Partner {
  readonly id: string;
  readonly name: string;
}

/** One line of a conversation, as far as it has come. */
export interface Spoken {
  readonly key: string;
  readonly from: string;
  readonly text: string;
  readonly isOver: boolean;
}

export interface TalkBarOptions {
  readonly root: HTMLElement;
  readonly language: Language;
  /** Rejects with what `failureText` puts into words. */
  readonly say: (nodeId: string, text: string) => Promise<void>;
  readonly failureText: (failure: unknown) => string;
}

const words = {
  en: {
    talkTo: (name: string) => `Talk to ${name}`,
    say: (name: string) => `Say something to ${name}…`,
    send: "Say",
    close: "Close (Esc)",
  },
  zh: {
    talkTo: (name: string) => `与${name}交谈`,
    say: (name: string) => `对${name}说点什么…`,
    send: "说",
    close: "关闭（Esc）",
  },
} as const satisfies Record<Language, unknown>;

/** Keys that are typed into something, or that press something, are not for the bar. */
const isTaken = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.matches("input, textarea, select, button, a, summary, [contenteditable], [role=option]");

/** An invitation when one stands before somebody who talks, and the conversation: Enter opens it, Escape closes it. */
export class TalkBar {
  readonly #options: TalkBarOptions;
  readonly #bar: HTMLElement;
  readonly #hint: HTMLButtonElement;
  readonly #form: HTMLFormElement;
  readonly #title: HTMLElement;
  readonly #lines: HTMLElement;
  readonly #input: HTMLInputElement;
  readonly #problem: HTMLElement;
  readonly #ends = new AbortController();
  #partner: Partner | undefined;
  /** What had the keyboard before. */
  #before: Element | null = null;

  constructor(options: TalkBarOptions) {
    this.#options = options;
    const page = options.root.ownerDocument;
    const add = <K extends keyof HTMLElementTagNameMap>(
      parent: Element,
      kind: K,
      part: string,
    ): HTMLElementTagNameMap[K] => {
      const element = page.createElement(kind);
      element.className = `animula-talk${part}`;
      parent.append(element);
      return element;
    };
    const text = words[options.language];
    this.#bar = add(options.root, "div", "");
    this.#hint = add(this.#bar, "button", "-hint");
    this.#hint.type = "button";
    this.#hint.dataset["testid"] = "talk-hint";
    this.#form = add(this.#bar, "form", "-form");
    const head = add(this.#form, "header", "-head");
    this.#title = add(head, "strong", "-name");
    const close = add(head, "button", "-close");
    Object.assign(close, { type: "button", textContent: "×", title: text.close, ariaLabel: text.close });
    this.#lines = add(this.#form, "ol", "-lines");
    this.#lines.setAttribute("role", "log");
    this.#lines.tabIndex = 0;
    this.#lines.dataset["testid"] = "talk-lines";
    this.#problem = add(this.#form, "p", "-problem");
    this.#problem.setAttribute("role", "alert");
    this.#problem.hidden = true;
    const row = add(this.#form, "div", "-row");
    this.#input = add(row, "input", "-input");
    this.#input.maxLength = limits.sayCharsMax;
    this.#input.autocomplete = "off";
    this.#input.dataset["testid"] = "talk-input";
    const send = add(row, "button", "-send");
    send.textContent = text.send;
    this.#form.hidden = true;
    this.#hint.hidden = true;
    this.#listen(page, close);
  }

  #listen(page: Document, close: HTMLElement): void {
    const { signal } = this.#ends;
    page.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.#hint.addEventListener("click", () => this.open(), { signal });
    close.addEventListener("click", () => this.close(), { signal });
    this.#form.addEventListener("submit", (event) => this.#onSubmit(event), { signal });
    // The game's keys are not typed words, and words are not the game's keys.
    this.#form.addEventListener("keydown", (event) => this.#onFormKey(event), { signal });
  }

  get isOpen(): boolean {
    return !this.#form.hidden;
  }
  get partner(): Partner | undefined {
    return this.#partner;
  }

  /** Who stands before one now. A conversation ends when one walks away from it. */
  set partner(partner: Partner | undefined) {
    if (partner?.id === this.#partner?.id) return;
    this.close();
    this.#partner = partner;
    this.#hint.hidden = partner === undefined;
    if (partner === undefined) return;
    const text = words[this.#options.language];
    const key = this.#hint.ownerDocument.createElement("kbd");
    key.textContent = "Enter";
    this.#hint.replaceChildren(key, text.talkTo(partner.name));
    this.#title.textContent = partner.name;
    this.#input.placeholder = text.say(partner.name);
    this.#input.ariaLabel = text.say(partner.name);
  }

  /** What was said with the partner; lines that grow keep their place. */
  show(spoken: readonly Spoken[]): void {
    const present = new Map(
      [...this.#lines.children].map((line) => [(line as HTMLElement).dataset["line"]!, line as HTMLElement]),
    );
    const atEnd = this.#lines.scrollHeight - this.#lines.scrollTop - this.#lines.clientHeight < 24;
    const wanted = spoken.map((each) => this.#line(present.get(each.key), each));
    const isSame =
      wanted.length === present.size && wanted.every((line, index) => this.#lines.children[index] === line);
    if (!isSame) this.#lines.replaceChildren(...wanted);
    if (atEnd || !isSame) this.#lines.scrollTop = this.#lines.scrollHeight;
  }

  #line(present: HTMLElement | undefined, { key, from, text, isOver }: Spoken): HTMLElement {
    const page = this.#lines.ownerDocument;
    const line = present ?? page.createElement("li");
    if (present === undefined) {
      line.dataset["line"] = key;
      const name = page.createElement("b");
      name.textContent = from;
      const said = page.createElement("span");
      said.dir = "auto";
      line.append(name, " ", said);
    }
    const said = line.lastElementChild!;
    if (said.textContent !== text) said.textContent = text; // never markup
    line.setAttribute("aria-busy", String(!isOver));
    return line;
  }

  open(): void {
    if (this.#partner === undefined || this.isOpen) return;
    this.#before = this.#bar.ownerDocument.activeElement;
    this.#hint.hidden = true;
    this.#form.hidden = false;
    this.#problem.hidden = true;
    this.#lines.scrollTop = this.#lines.scrollHeight;
    this.#input.focus();
  }

  close(): void {
    if (!this.isOpen) return;
    this.#form.hidden = true;
    this.#hint.hidden = this.#partner === undefined;
    this.#input.value = "";
    if (this.#before instanceof HTMLElement) this.#before.focus();
  }

  dispose(): void {
    this.#ends.abort();
    this.#bar.remove();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.defaultPrevented || event.isComposing || this.#partner === undefined) return;
    if (event.ctrlKey || event.altKey || event.metaKey || isTaken(event.target)) return;
    event.preventDefault();
    this.open();
  }

  #onFormKey(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    this.close();
  }

  #onSubmit(event: SubmitEvent): void {
    event.preventDefault();
    const text = this.#input.value.trim();
    const partner = this.#partner;
    if (text === "" || partner === undefined) return;
    this.#input.value = "";
    this.#problem.hidden = true;
    this.#options.say(partner.id, text).catch((error: unknown) => {
      this.#problem.textContent = this.#options.failureText(error);
      this.#problem.hidden = false;
      // What was not heard is not lost.
      if (this.#input.value === "") this.#input.value = text;
    });
  }
}
