import type { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import { speakerNameOf, type Exchange, type Talks } from "../core/index.ts";
import { nearbyOf } from "./nearby.ts";
import { TalkBar, type Spoken, type TalkBarOptions } from "./talk-bar.ts";

/** Walking is slow: whom one stands before need not be known at each frame. */
const lookMsMin = 150;

interface EncounterOptions extends TalkBarOptions {
  readonly talks: Pick<Talks, "of">;
}

/** Meeting a character that speaks: who is before one, and what was said with them. */
export class Encounter {
  readonly #options: EncounterOptions;
  readonly #bar: TalkBar;
  #lookedAt = 0;

  constructor(options: EncounterOptions) {
    this.#options = options;
    this.#bar = new TalkBar(options);
  }

  /** @param at where one stands; call it every frame */
  look(nodes: Iterable<TransformNode>, at: { readonly x: number; readonly z: number }): void {
    const now = performance.now();
    if (now - this.#lookedAt < lookMsMin) return;
    this.#lookedAt = now;
    const names = new Map<string, string>();
    const places = [...nodes].flatMap((node) => {
      const name = node.isEnabled() ? speakerNameOf(node) : undefined;
      if (name === undefined) return [];
      names.set(node.id, name);
      const { x, z } = node.getAbsolutePosition();
      return [{ id: node.id, x, z }];
    });
    const before = this.#bar.partner?.id;
    const id = nearbyOf(places, at, before);
    this.#bar.partner = id === undefined ? undefined : { id, name: names.get(id)! };
    if (id !== undefined && id !== before) this.heard(id);
  }

  /** To be called when something was said at a node. */
  heard(nodeId: string): void {
    if (nodeId !== this.#bar.partner?.id) return;
    this.#bar.show(this.#options.talks.of(nodeId).flatMap((exchange) => this.#spoken(exchange)));
  }

  dispose(): void {
    this.#bar.dispose();
  }

  #spoken({ replyId, from, said, name, text, isOver, error }: Exchange): Spoken[] {
    const words = isOver && text.trim() === "" ? "…" : text;
    const answer = error === undefined ? words : `${text} (${this.#options.failureText(error)})`.trim();
    return [
      { key: `${replyId} said`, from, text: said, isOver: true },
      { key: replyId, from: name, text: answer, isOver },
    ];
  }
}
