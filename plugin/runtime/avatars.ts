import { PBRMaterial } from "@babylonjs/core/Materials/PBR/pbrMaterial.js";
import type { Material } from "@babylonjs/core/Materials/material.js";
import { Color3 } from "@babylonjs/core/Maths/math.color.js";
import { Vector3 } from "@babylonjs/core/Maths/math.vector.js";
import { CreateCapsule } from "@babylonjs/core/Meshes/Builders/capsuleBuilder.js";
import { CreateSphere } from "@babylonjs/core/Meshes/Builders/sphereBuilder.js";
import type { Mesh } from "@babylonjs/core/Meshes/mesh.js";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import type { Scene } from "@babylonjs/core/scene.js";
import type { PlayerState } from "../../service/protocol/index.ts";
import type { Label, Overlay } from "./overlay.ts";

/** Share of the way to the newest position that is walked in one second: smooth at 20 messages a second. */
const approach = 0.9999;
const headHeight = 1.95;

/** A hue from a name, so that a player has the same colour for everybody. */
function hueOf(name: string): number {
  let hash = 2166136261;
  for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0)!, 16777619);
  return (hash >>> 0) % 360;
}

class Avatar {
  readonly root: TransformNode;
  readonly label: Label;
  readonly #body: TransformNode;
  readonly #materials: Material[];
  readonly #goal = new Vector3();
  #heading = 0;
  #stride = 0;

  constructor(scene: Scene, overlay: Overlay, key: string, player: PlayerState) {
    this.root = new TransformNode(`player-${key}`, scene);
    this.root.position.set(player.x, player.y, player.z);
    this.#body = new TransformNode(`player-${key}-body`, scene);
    this.#body.parent = this.root;
    const cloth = paint(scene, Color3.FromHSV(hueOf(player.name), 0.5, 0.72));
    const skin = paint(scene, new Color3(0.93, 0.74, 0.6));
    const dark = paint(scene, new Color3(0.12, 0.09, 0.1));
    this.#materials = [cloth, skin, dark];
    for (const part of figure(scene, cloth, skin, dark)) {
      part.parent = this.#body;
      part.isPickable = false;
    }
    this.label = overlay.label((result) => result.copyFrom(this.root.position).addInPlaceFromFloats(0, headHeight, 0));
  }

  update(player: PlayerState): void {
    this.#goal.set(player.x, player.y, player.z);
    this.#heading = player.heading;
    this.label.name = player.name;
    this.label.element.style.opacity = player.connected ? "1" : "0.45";
  }

  frame(seconds: number): void {
    const share = 1 - (1 - approach) ** seconds;
    const before = this.root.position.clone();
    Vector3.LerpToRef(before, this.#goal, share, this.root.position);
    const turn = Math.atan2(
      Math.sin(this.#heading - this.root.rotation.y),
      Math.cos(this.#heading - this.root.rotation.y),
    );
    this.root.rotation.y += turn * share;
    this.#stride += Vector3.Distance(before, this.root.position) * 5;
    this.#body.position.y = Math.abs(Math.sin(this.#stride)) * 0.07;
    this.#body.rotation.z = Math.sin(this.#stride) * 0.05;
  }

  dispose(overlay: Overlay): void {
    overlay.remove(this.label);
    this.root.dispose(false, false);
    for (const material of this.#materials) material.dispose();
  }
}

function paint(scene: Scene, colour: Color3): PBRMaterial {
  const material = new PBRMaterial("player", scene);
  material.albedoColor = colour.toLinearSpace();
  material.metallic = 0;
  material.roughness = 0.8;
  material.doNotSerialize = true;
  return material;
}

/** A small person without a face of its own: a round head, two eyes, a coat, a scarf and a cap. */
function figure(scene: Scene, cloth: Material, skin: Material, dark: Material): Mesh[] {
  const ball = (
    name: string,
    size: readonly [number, number, number],
    at: readonly [number, number, number],
    of: Material,
  ): Mesh => {
    const mesh = CreateSphere(
      name,
      { diameterX: size[0], diameterY: size[1], diameterZ: size[2], segments: 10 },
      scene,
    );
    mesh.position.set(...at);
    mesh.material = of;
    return mesh;
  };
  const body = CreateCapsule("body", { height: 0.95, radius: 0.27, tessellation: 16, capSubdivisions: 4 }, scene);
  body.position.y = 0.68;
  body.material = cloth;
  const cap = CreateSphere("cap", { diameter: 0.64, segments: 12, slice: 0.42 }, scene);
  cap.position.y = 1.43;
  cap.material = cloth;
  return [
    body,
    cap,
    ball("head", [0.58, 0.56, 0.55], [0, 1.38, 0], skin),
    ball("scarf", [0.5, 0.16, 0.48], [0, 1.1, 0], skin),
    ball("pompon", [0.15, 0.15, 0.15], [0, 1.76, 0], skin),
    ...[-1, 1].flatMap((side) => [
      ball("eye", [0.06, 0.1, 0.04], [side * 0.1, 1.4, 0.262], dark),
      ball("arm", [0.17, 0.5, 0.19], [side * 0.3, 0.8, 0.03], cloth),
      ball("hand", [0.15, 0.15, 0.15], [side * 0.33, 0.56, 0.08], skin),
      ball("foot", [0.2, 0.15, 0.32], [side * 0.13, 0.08, 0.06], dark),
    ]),
  ].map((part) => Object.assign(part, { doNotSerialize: true, receiveShadows: true }));
}

/** The other players of a room. */
export class Avatars {
  readonly #scene: Scene;
  readonly #overlay: Overlay;
  readonly #avatars = new Map<string, Avatar>();

  constructor(scene: Scene, overlay: Overlay) {
    this.#scene = scene;
    this.#overlay = overlay;
  }

  /** Brings the avatars to the room's players. Who stands at the very origin has not entered the scene yet. */
  sync(players: Iterable<[string, PlayerState]>, own: string): void {
    const present = new Set<string>();
    for (const [key, player] of players) {
      if (key === own || (player.x === 0 && player.y === 0 && player.z === 0)) continue;
      present.add(key);
      let avatar = this.#avatars.get(key);
      if (avatar === undefined) {
        avatar = new Avatar(this.#scene, this.#overlay, key, player);
        this.#avatars.set(key, avatar);
      }
      avatar.update(player);
    }
    for (const [key, avatar] of this.#avatars) if (!present.has(key)) this.#remove(key, avatar);
  }

  /** The label of a player by name: chat lines carry names. */
  say(key: string, text: string): void {
    this.#avatars.get(key)?.label.say(text);
  }

  frame(seconds: number): void {
    for (const avatar of this.#avatars.values()) avatar.frame(seconds);
  }

  #remove(key: string, avatar: Avatar): void {
    avatar.dispose(this.#overlay);
    this.#avatars.delete(key);
  }

  dispose(): void {
    for (const [key, avatar] of this.#avatars) this.#remove(key, avatar);
  }
}
