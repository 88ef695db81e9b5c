import { VertexBuffer } from "@babylonjs/core/Buffers/buffer.js";
import { Animation } from "@babylonjs/core/Animations/animation.js";
import { CreateSphere } from "@babylonjs/core/Meshes/Builders/sphereBuilder.js";
import { Mesh } from "@babylonjs/core/Meshes/mesh.js";
import { VertexData } from "@babylonjs/core/Meshes/mesh.vertexData.js";
import { TransformNode } from "@babylonjs/core/Meshes/transformNode.js";
import type { Material } from "@babylonjs/core/Materials/material.js";
import type { Scene } from "@babylonjs/core/scene.js";
import { loraTag } from "../../service/protocol/index.ts";
import { characters, type Character } from "./characters.ts";
import { clock, house, sign, tower, type HouseStyle } from "./houses.ts";
import { mix, noise, random } from "./noise.ts";
import { bench, flowerCart, forge, fountain, garland, lamp, meadow, stall, tree, water, barrel, crate } from "./props.ts";
import { Sculpture, type Triple } from "./sculpt.ts";

type Materials = ReadonlyMap<string, Material>;

interface Placed {
  readonly id: string;
  readonly name?: string;
  readonly at?: Triple;
  readonly turn?: number;
  /** What the node's texture is to be drawn from; a node without is no slot. */
  readonly prompt?: string;
}

function node(scene: Scene, { id, name, at = [0, 0, 0], turn = 0, prompt }: Placed): TransformNode {
  const made = new TransformNode(id, scene);
  made.position.set(...at);
  made.rotation.y = turn;
  const tag = prompt === undefined ? {} : { lora: loraTag.parse({ prompt }) };
  if (name !== undefined || prompt !== undefined) made.metadata = { ...(name && { displayName: name }), ...tag };
  return made;
}

function put(scene: Scene, materials: Materials, placed: Placed, build: (s: Sculpture) => void): TransformNode {
  const parent = node(scene, placed);
  const sculpture = new Sculpture(scene);
  build(sculpture);
  sculpture.finish(parent, materials);
  return parent;
}

/** Puts the same thing elsewhere: its meshes are instances. */
function again(scene: Scene, of: TransformNode, placed: Placed): void {
  share(of, node(scene, placed), /./);
}

/** Gives `to` instances of those meshes of `of` whose material's name fits, in the place of what it has of them. */
function share(of: TransformNode, to: TransformNode, materials: RegExp): void {
  for (const mesh of of.getChildMeshes(true)) {
    if (!materials.test(mesh.material!.name)) continue;
    const id = mesh.id.replace(of.id, to.id);
    to.getChildMeshes(true).find((own) => own.id === id)?.dispose();
    (mesh as Mesh).createInstance(id).parent = to;
  }
}

const timber = "#5a3a26";
const styles: Record<string, HouseStyle> = {
  smithy: { width: 5.2, depth: 4.4, ground: 2.5, upper: 2.2, roof: 2.6, plaster: "#f1dcb8", timber, tiles: "#b5604a", shutter: "#4f7468", door: 1.1, windows: [-1.5, 1.5] },
  inn: { width: 5.6, depth: 4.6, ground: 2.6, upper: 2.3, roof: 2.9, plaster: "#f3cfa0", timber: "#4e3020", tiles: "#a4503f", shutter: "#38617a", door: -0.4, windows: [-1.8, 0, 1.8] },
  hall: { width: 6.4, depth: 4.8, ground: 2.9, upper: 2.5, roof: 3.2, plaster: "#fbeed4", timber, tiles: "#8e4a4a", shutter: "#8a3b3b", door: 0, windows: [-2.2, -0.75, 0.75, 2.2] },
  bakery: { width: 4.8, depth: 4.2, ground: 2.4, upper: 2.1, roof: 2.5, plaster: "#e9b98e", timber: "#50321f", tiles: "#bd6d4e", shutter: "#6b7f46", door: -0.9, windows: [-1.3, 1.3] },
  cottage: { width: 4.6, depth: 4.0, ground: 2.3, upper: 1.9, roof: 2.4, plaster: "#d9d7c4", timber, tiles: "#9c5848", shutter: "#86506e", door: 0.6, windows: [-1.1, 1.1] },
};

interface HousePlace extends Placed {
  readonly style: HouseStyle;
  readonly more?: (s: Sculpture) => void;
}

/** Angle around the square (0 is straight away from the camera) and distance, to a place that looks at the middle. */
const around = (degrees: number, distance: number): { at: Triple; turn: number } => {
  const angle = (degrees / 180) * Math.PI;
  return { at: [Math.sin(angle) * distance, 0, Math.cos(angle) * distance], turn: angle };
};

const walls = "seamless texture of beige plaster, large scale";
const houses: readonly HousePlace[] = [
  {
    id: "house-smithy", name: "The smithy", ...around(-66, 11), style: styles["smithy"]!, prompt: walls,
    more: (s) => sign(s, [-0.5, 3.3, -2.5], "#e8d2a0", (x) => {
      x.box([0.3, 0.1, 0.02], { at: [0, 0.02, -0.02], color: "#3a3840" });
      x.box([0.14, 0.16, 0.02], { at: [0, -0.08, -0.02], color: "#3a3840" });
      x.box([0.05, 0.26, 0.02], { at: [0.06, 0.16, -0.02], turn: [0, 0, -0.5], color: "#7a5233" });
    }),
  },
  { id: "house-inn", name: "The inn", ...around(-33, 12.6), style: styles["inn"]!, prompt: walls,
    more: (s) => sign(s, [-1.5, 3.4, -2.6], "#4d6b58", (x) => {
      x.box([0.2, 0.24, 0.02], { at: [0, -0.02, -0.02], color: "#e0a84a" });
      x.box([0.22, 0.08, 0.03], { at: [0, 0.13, -0.02], color: "#fff6e4" });
      x.box([0.06, 0.14, 0.02], { at: [0.15, 0, -0.02], color: "#e0a84a" });
    }) },
  { id: "house-hall", name: "The town hall", ...around(0, 13.4), style: styles["hall"]!, prompt: walls,
    more: (s) => clock(s, [0, 7.1, 0.2], styles["hall"]!) },
  { id: "house-bakery", name: "The bakery", ...around(64, 11.2), style: styles["bakery"]!, prompt: walls,
    more: (s) => sign(s, [0.5, 3.2, -2.4], "#f4e3bd", (x) => {
      x.lump(0.15, { at: [0, 0, -0.01], scale: [1.2, 0.8, 0.2], color: "#b5712f", top: "#dc9c4f" }, 1);
    }) },
  { id: "house-cottage-west", name: "West cottage", ...around(-97, 11.4), style: styles["cottage"]!, prompt: walls },
  { id: "house-cottage-east", name: "East cottage", ...around(96, 11.6), style: { ...styles["cottage"]!, plaster: "#e7c7b0" }, prompt: walls },
];

/** The roof is a slot of its own: it carries its own tag. */
function tagRoof(parent: TransformNode): void {
  const roof = parent.getChildMeshes(true).find((mesh) => mesh.id.endsWith("-roof"));
  if (roof) roof.metadata = { displayName: `${parent.metadata.displayName}: roof`, lora: loraTag.parse({ prompt: "seamless texture of red roof tiles, medium scale" }) };
}

const fruitPlace = { at: [6.6, 0, 0.6] as Triple, turn: 0.95 };
const harvestPlace = { at: [-1.5, 0, 6.7] as Triple, turn: -0.1 };

export function furnish(scene: Scene, materials: Materials): void {
  ground(scene, materials);
  const built = new Map<string, TransformNode>();
  for (const place of houses) {
    const made = put(scene, materials, place, (s) => {
      house(s, place.style);
      place.more?.(s);
    });
    tagRoof(made);
    built.set(place.id, made);
  }
  // Twins but for their walls and roofs, which are slots and so each house's own.
  share(built.get("house-cottage-west")!, built.get("house-cottage-east")!, /^(painted|glow)$/);
  const sage = { id: "house-tower", name: "The sage's tower", ...around(31, 12.2), prompt: "seamless texture of gray stone, large scale" };
  tagRoof(put(scene, materials, sage, (s) => tower(s, 1.75, 6.4, "#d8cdd0", "#6d5a96")));
  put(scene, materials, { id: "fountain", name: "Fountain" }, fountain);
  put(scene, materials, { id: "fountain-water", name: "Fountain: water" }, water);
  const red = { id: "stall-fruit", name: "Fruit stall", ...fruitPlace, prompt: "seamless texture of red fabric, medium scale" };
  const goods = [["#d94f3a", "#c23a2e", "#e2743f"], ["#f0b440", "#f4cf5a"], ["#7fa042", "#9fbf52"]];
  const fruit = put(scene, materials, red, (s) => stall(s, "awning-red", goods));
  const blue = { id: "stall-harvest", name: "Harvest stall", ...harvestPlace, prompt: "seamless texture of blue fabric, medium scale" };
  share(fruit, put(scene, materials, blue, (s) => stall(s, "awning-blue", goods)), /^painted$/);
  put(scene, materials, { id: "forge", name: "Forge", at: [-5.9, 0, -0.9], turn: 0.5 }, forge);
  put(scene, materials, { id: "flower-cart", name: "Flower cart", at: [3.6, 0, -3.9], turn: -0.3 }, flowerCart);
  clutter(scene, materials);
  const first = put(scene, materials, { id: "lamp-1", at: [-7.0, 0, -3.9] }, lamp);
  for (const [i, at] of ([[6.6, 0, -3.9], [-5.2, 0, 4.2], [5.3, 0, 4.4]] as const).entries()) again(scene, first, { id: `lamp-${i + 2}`, at });
  const oak = put(scene, materials, { id: "tree-1", at: [-9.4, 0, -4.4] }, (s) => tree(s, 3, "#6f7a32", "#d9a441"));
  again(scene, oak, { id: "tree-2", at: [4.6, 0, 15.6], turn: 2 });
  again(scene, oak, { id: "tree-3", at: [-12.6, 0, 10.4], turn: 4 });
  const maple = put(scene, materials, { id: "tree-4", at: [9.6, 0, -4.2] }, (s) => tree(s, 8, "#a3522c", "#eba145"));
  again(scene, maple, { id: "tree-5", at: [12.4, 0, 10.2], turn: 1 });
  again(scene, maple, { id: "tree-6", at: [-4.8, 0, 17], turn: 3 });
  const seat = put(scene, materials, { id: "bench-1", at: [-1.9, 0, -3.6], turn: 0.42 }, bench);
  again(scene, seat, { id: "bench-2", at: [-3.3, 0, 1.2], turn: -1.9 });
}

function clutter(scene: Scene, materials: Materials): void {
  const r = random(77);
  put(scene, materials, { id: "clutter" }, (s) => {
    garland(s, [-8.3, 5.0, 3.2], [0, 5.6, 10.6], 0.9);
    garland(s, [0, 5.6, 10.6], [8.6, 4.8, 3.2], 0.9);
    garland(s, [-8.3, 5.0, 3.2], [8.6, 4.8, 3.2], 1.4);
    barrel(s, [-7.3, 0, 2.6]);
    barrel(s, [-6.9, 0, 3.3]);
    barrel(s, [7.4, 0, 3.6], "#6f8f9a");
    crate(s, [7.9, 0.02, 2.7], 0.5, ["#c98a45", "#d99f58"], r);
    crate(s, [-6.4, 0.02, 2.5], 0.9, ["#7fa042", "#d94f3a"], r);
    for (const [x, z, size] of [[5.0, -1.7, 0.24], [5.35, -1.55, 0.3], [5.1, -1.3, 0.2]] as const) {
      s.ball(size, { at: [x, size * 0.75, z], scale: [1.1, 0.8, 1.1], color: "#c9641f", top: "#f0983c" }, 8);
      s.cylinder(0.12, 0.03, 0.02, { at: [x, size * 1.55, z], color: "#5d7a3a" }, 5);
    }
    for (const [x, z, turn] of [[6.9, -1.5, 0.3], [7.3, -1.2, 1.1]] as const) {
      s.lathe([[0.22, 0], [0.3, 0.2], [0.26, 0.42], [0.12, 0.52], [0.16, 0.62]], { at: [x, 0, z], turn: [0, turn, 0.06], color: "#a98a5c", top: "#cdb07c" }, 10);
    }
  });
}

const edge = 13.2;

/** Rings of setts around the fountain, so that the stones follow the circle, and the land beyond. */
function ground(scene: Scene, materials: Materials): void {
  const mesh = new Mesh("ground", scene);
  const data = new VertexData();
  const [positions, uvs, normals, indices, colors]: number[][] = [[], [], [], [], []];
  const tile = 1.7;
  const steps = 72;
  for (let ring = 0; ring * tile < edge; ring++) {
    const [inner, outer] = [ring * tile, Math.min((ring + 1) * tile, edge)];
    const repeats = Math.max(2, Math.round((Math.PI * (inner + outer)) / tile));
    for (let i = 0; i <= steps; i++) {
      const angle = (i / steps) * Math.PI * 2;
      for (const radius of [inner, outer]) {
        const [x, z] = [Math.sin(angle) * radius, Math.cos(angle) * radius];
        positions!.push(x, 0, z);
        normals!.push(0, 1, 0);
        uvs!.push((i / steps) * repeats, radius / tile);
        const worn = mix(0.82, 1.08, noise(x * 0.35 + 40, z * 0.35 + 40, 997, 5)) * mix(0.8, 1, Math.min(1, (edge - radius) / 3));
        colors!.push(worn, worn * 0.98, worn * 0.96, 1);
      }
      if (i === 0) continue;
      const a = positions!.length / 3 - 4;
      indices!.push(a, a + 2, a + 1, a + 2, a + 3, a + 1);
    }
  }
  Object.assign(data, { positions, uvs, normals, indices, colors });
  data.applyToMesh(mesh);
  mesh.material = materials.get("paving")!;
  mesh.receiveShadows = true;
  mesh.metadata = { displayName: "Paving", lora: loraTag.parse({ prompt: "seamless texture of gray cobblestones, medium scale" }) };

  put(scene, materials, { id: "land", name: "Meadow" }, (s) => {
    for (let i = 0; i < 44; i++) {
      const angle = (i / 44) * Math.PI * 2;
      s.box([1.86, 0.14, 0.36], { at: [Math.sin(angle) * edge, 0.03, Math.cos(angle) * edge], turn: [0, angle, 0], color: "#8d8078", top: "#b3a596" });
    }
    land(s);
    meadow(s);
  });

  const sky = CreateSphere("sky", { diameter: 400, segments: 14, sideOrientation: Mesh.BACKSIDE }, scene);
  // Seen from inside, top and bottom of the picture change places.
  const flipped = sky.getVerticesData(VertexBuffer.UVKind)!;
  sky.setVerticesData(VertexBuffer.UVKind, flipped.map((uv, i) => (i % 2 === 1 ? 1 - uv : uv)));
  sky.material = materials.get("sky")!;
  sky.isPickable = false;
  sky.infiniteDistance = true;
  sky.applyFog = false;
}

/** Rings of land that swell a little and fade into the sky's hills. */
function land(s: Sculpture): void {
  const rows = [12.9, 17, 24, 40, 110];
  const tones = ["#8a7a4e", "#76803f", "#8a8a48", "#a89658", "#c9a878"];
  const steps = 36;
  const point = (radius: number, i: number): Triple => {
    const angle = (i / steps) * Math.PI * 2;
    const swell = radius > 20 && radius < 60 ? noise(Math.sin(angle) * 3 + 9, Math.cos(angle) * 3 + 9, 99, 3) * 1.6 : 0;
    return [Math.sin(angle) * radius, swell - 0.02, Math.cos(angle) * radius];
  };
  for (let ring = 1; ring < rows.length; ring++) {
    const [inner, outer] = [rows[ring - 1]!, rows[ring]!];
    const corners = Array.from({ length: steps }, (_, i) => {
      const [a, b, c, d] = [point(inner, i), point(outer, i), point(outer, i + 1), point(inner, i + 1)];
      return [a, b, c, a, c, d];
    });
    s.facets(corners.flat(), { color: tones[ring]! });
  }
}

export function populate(scene: Scene, materials: Materials): void {
  for (const [index, character] of characters.entries()) person(scene, materials, character, index);
}

/** node → figure (breathes) → meshes and head (looks about). */
function person(scene: Scene, materials: Materials, character: Character, index: number): void {
  const { id, displayName, figure, at, heading, prompt, persona } = character;
  const root = new TransformNode(id, scene);
  root.position.set(...at);
  root.rotation.y = heading;
  root.metadata = { displayName, npc: true, lora: loraTag.parse({ prompt, playersMay: ["portrait"], voice: { persona } }) };
  const breathing = new TransformNode(`${id}-figure`, scene);
  breathing.parent = root;
  const body = new Sculpture(scene);
  figure.body(body);
  body.finish(breathing, materials);
  const head = new TransformNode(`${id}-head`, scene);
  head.parent = breathing;
  head.position.y = figure.neck;
  const face = new Sculpture(scene, { shadeGround: false });
  figure.head(face);
  face.finish(head, materials);
  const pace = 1 + index * 0.13;
  breathing.animations = [cycle("breath", "scaling.y", [1, 1.014, 1], 100 * pace)];
  const turn = index % 2 === 0 ? 1 : -1;
  head.animations = [
    cycle("look", "rotation.y", [0, 0.22 * turn, 0.22 * turn, -0.14 * turn, 0], 400 * pace),
    cycle("nod", "rotation.z", [0, 0.05 * turn, -0.03 * turn, 0], 400 * pace),
  ];
}

function cycle(name: string, property: string, values: readonly number[], frames: number): Animation {
  const animation = new Animation(name, property, 30, Animation.ANIMATIONTYPE_FLOAT, Animation.ANIMATIONLOOPMODE_CYCLE);
  animation.setKeys(
    values.map((value, i) => ({ frame: Math.round((i / (values.length - 1)) * frames), value, inTangent: 0, outTangent: 0 })),
  );
  return animation;
}
