import { Matrix, Vector3 } from "@babylonjs/core/Maths/math.vector.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { overlayCss } from "./overlay-style.ts";

/** Distance in metres at which a label has its full size, beyond which it is not drawn. */
const fullSizeAt = 8;
const farthest = 45;
const smallest = 0.58;
/** How long words hang in the air once they are all there: a moment, and time to read them. */
const bubbleMs = 5000;
const readingMsPerChar = 55;

/** Where a label is; `null` while there is nothing to hang it on. */
export type Anchor = (result: Vector3) => Vector3 | null;

/** Name tag, portrait and speech of one character: DOM, so text stays text for readers and input methods. */
export class Label {
  readonly element: HTMLElement;
  readonly anchor: Anchor;
  readonly #frame: HTMLElement;
  readonly #name: HTMLElement;
  #portrait = "";
  #bubble: HTMLElement | undefined;
  #bubbleEnds: ReturnType<typeof setTimeout> | undefined;
  /** What was written last: styles are touched only where they change. */
  #drawn = "";

  constructor(root: HTMLElement, anchor: Anchor) {
    this.anchor = anchor;
    this.element = root.ownerDocument.createElement("div");
    this.element.className = "animula-label";
    this.element.hidden = true;
    this.#frame = this.#add("animula-frame animula-empty");
    this.#name = this.#add("animula-name");
    this.#name.dir = "auto";
    root.append(this.element);
  }

  #add(className: string): HTMLElement {
    const element = this.element.ownerDocument.createElement("div");
    element.className = className;
    this.element.append(element);
    return element;
  }

  set name(name: string) {
    if (this.#name.textContent !== name) this.#name.textContent = name;
  }

  set pending(pending: boolean) {
    this.element.toggleAttribute("data-pending", pending);
  }

  /** Shows a picture once it is decoded, so that the old one stays until then; "" for none. */
  async showPortrait(url: string, alt: string): Promise<void> {
    this.#portrait = url;
    if (url === "") {
      this.#frame.classList.add("animula-empty");
      return this.#frame.replaceChildren();
    }
    const image = this.element.ownerDocument.createElement("img");
    image.alt = alt;
    image.crossOrigin = "anonymous";
    image.src = url;
    await image.decode();
    if (this.#portrait !== url) return;
    this.#frame.classList.remove("animula-empty");
    this.#frame.replaceChildren(image);
  }

  /** Says something for a few seconds. */
  say(text: string): void {
    this.hush();
    this.speak(text, true);
  }

  /** Shows what is being said, as far as it has come: dots before the first word; a few seconds after the last it goes. */
  speak(text: string, isOver: boolean): void {
    clearTimeout(this.#bubbleEnds);
    const bubble = (this.#bubble ??= this.#addBubble());
    const words = bubble.firstElementChild!;
    if (words.textContent !== text) words.textContent = text; // never markup: it comes from others
    words.scrollTop = words.scrollHeight; // of a long speech, the end is what is new
    this.element.toggleAttribute("data-speaking", !isOver);
    if (isOver) this.#bubbleEnds = setTimeout(() => this.hush(), bubbleMs + readingMsPerChar * text.length);
  }

  /** Whether words hang in the air. */
  get isSpeaking(): boolean {
    return (this.#bubble?.textContent ?? "") !== "";
  }

  /** Takes the bubble away. */
  hush(): void {
    clearTimeout(this.#bubbleEnds);
    this.#bubble?.remove();
    this.#bubble = undefined;
    this.element.removeAttribute("data-speaking");
  }

  #addBubble(): HTMLElement {
    const bubble = this.#add("animula-bubble");
    const words = bubble.ownerDocument.createElement("div");
    words.className = "animula-words";
    words.dir = "auto";
    bubble.append(words);
    this.element.prepend(bubble);
    return bubble;
  }

  /** Puts it at a place of the page; undefined hides it. */
  place(at: { x: number; y: number; scale: number; order: number } | undefined): void {
    const drawn = at
      ? `translate(${at.x.toFixed(1)}px, ${at.y.toFixed(1)}px) translate(-50%, -100%) scale(${at.scale.toFixed(3)})`
      : "";
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.element.hidden = at === undefined;
    if (at === undefined) return;
    this.element.style.transform = drawn;
    this.element.style.zIndex = String(at.order);
  }

  dispose(): void {
    clearTimeout(this.#bubbleEnds);
    this.element.remove();
  }
}

/** The layer over the canvas. */
export class Overlay {
  readonly root: HTMLElement;
  readonly #scene: Scene;
  readonly #labels = new Set<Label>();
  readonly #notice: HTMLElement;
  readonly #world = new Vector3();
  readonly #screen = new Vector3();

  constructor(scene: Scene, parent: HTMLElement) {
    this.#scene = scene;
    const page = parent.ownerDocument;
    this.root = page.createElement("div");
    this.root.className = "animula-overlay";
    const style = page.createElement("style");
    style.textContent = overlayCss;
    this.#notice = page.createElement("div");
    this.#notice.className = "animula-notice";
    this.#notice.setAttribute("role", "status");
    this.#notice.hidden = true;
    this.root.append(style, this.#notice);
    if (page.defaultView?.getComputedStyle(parent).position === "static") parent.style.position = "relative";
    parent.append(this.root);
  }

  label(anchor: Anchor): Label {
    const label = new Label(this.root, anchor);
    this.#labels.add(label);
    return label;
  }
  remove(label: Label): void {
    this.#labels.delete(label);
    label.dispose();
  }

  /** A line at the top, for as long as something is amiss; "" for none. */
  set notice(text: string) {
    if (this.#notice.textContent !== text) this.#notice.textContent = text;
    this.#notice.hidden = text === "";
  }

  /** To be called once a frame, after the camera moved. */
  frame(): void {
    const { activeCamera: camera } = this.#scene;
    const canvas = this.#scene.getEngine().getRenderingCanvas();
    if (camera === null || canvas === null) return;
    const { clientWidth: width, clientHeight: height } = canvas;
    const view = camera.viewport.toGlobal(width, height);
    const transform = this.#scene.getTransformMatrix();
    for (const label of this.#labels) {
      const world = label.anchor(this.#world);
      const distance = world === null ? Infinity : Vector3.Distance(world, camera.globalPosition);
      if (world === null || distance > farthest) {
        label.place(undefined);
        continue;
      }
      const { x, y, z } = Vector3.ProjectToRef(world, Matrix.IdentityReadOnly, transform, view, this.#screen);
      if (z < 0 || z > 1) {
        label.place(undefined);
        continue;
      }
      const scale = Math.min(1, Math.max(smallest, fullSizeAt / distance));
      label.place({ x, y, scale, order: Math.round((1 - z) * 1e6) });
    }
  }

  dispose(): void {
    for (const label of this.#labels) label.dispose();
    this.#labels.clear();
    this.root.remove();
  }
}
