/** What stands on the square: fountain, stalls, forge, lamps, trees, garlands. */
import { random, type Random } from "./noise.ts";
import type { Sculpture, Triple } from "./sculpt.ts";

const stone = "#95897f";
const stoneTop = "#c2b4a3";
const wood = "#7a5233";
const darkWood = "#553822";
const iron = "#3a3840";
const brass = "#d9a847";

export function fountain(s: Sculpture): void {
  s.cylinder(0.16, 2.35, 2.3, { at: [0, 0.08, 0], color: stone, top: stoneTop }, 24);
  const wall = [[1.92, 0.14], [2.0, 0.2], [1.9, 0.3], [1.88, 0.62], [2.04, 0.7], [2.04, 0.82], [1.7, 0.82], [1.68, 0.4]] as const;
  s.lathe(wall, { color: stone, top: stoneTop }, 24);
  s.facets(inside(1.7, 0.82, 0.3, 24), { color: "#5f6f74" });
  for (let i = 0; i < 8; i++) {
    const a = ((i + 0.5) / 8) * Math.PI * 2;
    s.box([0.3, 0.62, 0.16], { at: [Math.sin(a) * 1.9, 0.42, Math.cos(a) * 1.9], turn: [0, a, 0], color: stone, top: stoneTop });
  }
  const column = [[0.52, 0.2], [0.52, 0.42], [0.3, 0.6], [0.22, 1.0], [0.24, 1.3], [0.34, 1.42], [0.2, 1.5]] as const;
  s.lathe(column, { color: stone, top: stoneTop }, 16);
  s.lathe([[0.2, 1.44], [0.6, 1.5], [0.92, 1.68], [0.98, 1.76], [0.9, 1.76], [0.5, 1.62], [0.1, 1.58]], { color: stone, top: stoneTop }, 20);
  s.lathe([[0.14, 1.6], [0.12, 2.0], [0.2, 2.1], [0.1, 2.16]], { color: stone, top: stoneTop }, 12);
  s.lathe([[0.1, 2.08], [0.38, 2.16], [0.44, 2.24], [0.36, 2.24], [0.1, 2.18]], { color: stone, top: stoneTop }, 16);
  s.ball(0.15, { at: [0, 2.36, 0], color: brass, top: "#f3d487" }, 8);
  s.lump(0.1, { at: [0, 2.56, 0], color: brass, scale: [0.6, 1.5, 0.6] }, 1);
}

/** The surfaces and falling threads of water. */
export function water(s: Sculpture): void {
  const place = { material: "water", color: "#cfe9ee" };
  s.cylinder(0.02, 1.69, 1.69, { at: [0, 0.66, 0], ...place }, 24);
  s.cylinder(0.02, 0.88, 0.88, { at: [0, 1.72, 0], ...place }, 20);
  for (let i = 0; i < 8; i++) {
    const a = (i / 8) * Math.PI * 2;
    const from: Triple = [Math.sin(a) * 0.97, 1.73, Math.cos(a) * 0.97];
    const over: Triple = [Math.sin(a) * 1.12, 1.5, Math.cos(a) * 1.12];
    const down: Triple = [Math.sin(a) * 1.2, 0.66, Math.cos(a) * 1.2];
    s.limb(from, over, 0.035, place, 0.03);
    s.limb(over, down, 0.03, place, 0.055);
    s.ring(0.12, 0.03, { at: [down[0], 0.68, down[2]], ...place }, 8);
  }
}

function inside(radius: number, top: number, low: number, sides: number): Triple[] {
  const corners: Triple[] = [];
  for (let i = 0; i < sides; i++) {
    const at = (j: number, y: number): Triple => [Math.cos((j / sides) * 2 * Math.PI) * radius, y, Math.sin((j / sides) * 2 * Math.PI) * radius];
    corners.push(at(i, low), at(i + 1, top), at(i, top), at(i, low), at(i + 1, low), at(i + 1, top));
  }
  return corners;
}

export function lamp(s: Sculpture): void {
  s.cylinder(0.3, 0.24, 0.17, { at: [0, 0.15, 0], color: iron }, 8);
  s.cylinder(3.0, 0.075, 0.055, { at: [0, 1.6, 0], color: iron, top: "#4a4652" }, 8);
  s.ring(0.09, 0.05, { at: [0, 0.9, 0], color: iron }, 8);
  s.ring(0.1, 0.05, { at: [0, 2.6, 0], color: iron }, 8);
  s.box([0.7, 0.05, 0.05], { at: [0, 2.85, 0], color: iron });
  s.cylinder(0.12, 0.2, 0.14, { at: [0, 3.12, 0], color: iron }, 6);
  s.cylinder(0.46, 0.15, 0.22, { at: [0, 3.4, 0], material: "glow", color: "#ffffff" }, 6);
  s.cylinder(0.26, 0.32, 0.04, { at: [0, 3.76, 0], color: iron }, 6);
  s.ball(0.06, { at: [0, 3.93, 0], color: brass }, 4);
  for (let i = 0; i < 6; i++) {
    const a = (i / 6) * Math.PI * 2;
    s.limb([Math.cos(a) * 0.15, 3.17, Math.sin(a) * 0.15], [Math.cos(a) * 0.225, 3.63, Math.sin(a) * 0.225], 0.014, { color: iron });
  }
  for (const side of [-1, 1]) {
    s.lump(0.2, { at: [side * 0.36, 2.5, 0], color: "#4c7a3a", top: "#86a952" }, 1);
    s.cylinder(0.16, 0.1, 0.17, { at: [side * 0.36, 2.36, 0], color: wood }, 8);
    for (const [dx, dz] of [[0.1, -0.12], [-0.1, -0.08], [0, 0.14]] as const) {
      s.lump(0.075, { at: [side * 0.36 + dx, 2.6, dz], color: side > 0 ? "#e8607d" : "#f2b84b" }, 1);
    }
  }
}

export function tree(s: Sculpture, seed: number, leaf: string, light: string): void {
  const r = random(seed);
  s.lathe([[0.5, 0], [0.3, 0.25], [0.22, 1.0], [0.2, 1.9], [0.3, 2.6]], { color: "#5c412d", top: "#7a5a40" }, 9);
  for (const [x, z] of [[0.5, 0.2], [-0.5, 0.1], [0.1, -0.5]] as const) s.limb([0, 1.7, 0], [x * 1.2, 2.7, z * 1.2], 0.13, { color: "#6a4b34" }, 0.08);
  const blobs: readonly (readonly [number, number, number, number])[] = [
    [0, 3.5, 0, 1.35], [0.95, 3.1, 0.35, 0.95], [-0.9, 3.05, 0.25, 1.0], [0.1, 3.0, -0.95, 0.95], [-0.2, 3.1, 0.95, 0.85], [0.1, 4.35, 0.05, 0.85],
  ];
  for (const [x, y, z, radius] of blobs) {
    const place = { at: [x + r() * 0.2, y, z + r() * 0.2] as Triple, turn: [r() * 3, r() * 3, r() * 3] as Triple, color: leaf, top: light };
    s.lump(radius, place, 2);
  }
}

export function barrel(s: Sculpture, at: Triple, lid = "#8f6440"): void {
  s.group(at, [0, 0, 0], () => {
    s.lathe([[0.26, 0], [0.33, 0.22], [0.35, 0.42], [0.33, 0.62], [0.27, 0.84], [0.24, 0.84], [0.0, 0.8]], { color: wood, top: "#9a6c44" }, 14);
    for (const [y, radius] of [[0.14, 0.315], [0.7, 0.32]] as const) s.cylinder(0.06, radius, radius, { at: [0, y, 0], color: iron }, 14);
    s.cylinder(0.02, 0.24, 0.24, { at: [0, 0.81, 0], color: lid }, 14);
  });
}

/** A crate of round things. */
export function crate(s: Sculpture, at: Triple, turn: number, goods: readonly string[], r: Random): void {
  s.group(at, [0, turn, 0], () => {
    s.box([0.72, 0.06, 0.52], { at: [0, 0.05, 0], color: darkWood });
    for (const z of [-0.26, 0.26]) for (const y of [0.1, 0.24]) s.box([0.76, 0.11, 0.035], { at: [0, y, z], color: "#a37a4e", top: "#b98c5c" });
    for (const x of [-0.37, 0.37]) for (const y of [0.1, 0.24]) s.box([0.035, 0.11, 0.5], { at: [x, y, 0], color: "#96703f", top: "#ab8353" });
    for (let i = 0; i < 9; i++) {
      const place: Triple = [(i % 3) * 0.22 - 0.22 + r() * 0.03, 0.27 + r() * 0.05, Math.floor(i / 3) * 0.16 - 0.16 + r() * 0.02];
      s.lump(0.115, { at: place, color: goods[Math.floor(r() * goods.length)]!, scale: [1, 0.92, 1] }, 1, false);
    }
  });
}

/** A stall with a striped awning; looks towards -z. */
export function stall(s: Sculpture, awning: string, goods: readonly (readonly string[])[]): void {
  const r = random(5);
  for (const x of [-1.35, 1.35]) {
    s.box([0.11, 2.5, 0.11], { at: [x, 1.25, -0.75], color: wood });
    s.box([0.11, 2.9, 0.11], { at: [x, 1.45, 0.75], color: wood });
  }
  s.box([2.9, 0.1, 1.1], { at: [0, 0.95, -0.35], color: "#9a6c44", top: "#b5834f" });
  s.box([2.7, 0.85, 0.08], { at: [0, 0.5, -0.82], color: wood, top: "#946641" });
  for (let i = 0; i < 7; i++) s.box([0.04, 0.8, 0.02], { at: [(i - 3) * 0.4, 0.5, -0.87], color: darkWood });
  s.box([2.8, 0.08, 0.1], { at: [0, 2.5, -0.75], color: wood });
  s.box([2.8, 0.08, 0.1], { at: [0, 2.88, 0.75], color: wood });
  cloth(s, awning);
  for (const [i, kinds] of goods.entries()) crate(s, [(i - (goods.length - 1) / 2) * 0.86, 0.99, -0.42], 0, kinds, r);
  crate(s, [-1.0, 0.02, -1.35], 0.3, goods[0]!, r);
  barrel(s, [1.65, 0, -0.9]);
}

/** The awning itself: a slope that sags a little, and a scalloped edge. */
function cloth(s: Sculpture, material: string): void {
  const corners: Triple[] = [];
  const uvs: [number, number][] = [];
  const rows = [[1.0, 2.98], [0.4, 2.78], [-0.4, 2.56], [-1.15, 2.42]] as const;
  const half = 1.65;
  const quad = (a: Triple, b: Triple, c: Triple, d: Triple, v: number, w: number, u: number, t: number): void => {
    corners.push(a, b, c, a, c, d, a, c, b, a, d, c); // seen from both sides
    uvs.push([u, v], [t, v], [t, w], [u, v], [t, w], [u, w], [u, v], [t, w], [t, v], [u, v], [u, w], [t, w]);
  };
  for (let i = 1; i < rows.length; i++) {
    const [[z0, y0], [z1, y1]] = [rows[i - 1]!, rows[i]!];
    quad([-half, y0, z0], [half, y0, z0], [half, y1, z1], [-half, y1, z1], i / 4, (i + 1) / 4, 0, 1);
  }
  const [z, y] = rows.at(-1)!;
  for (let i = 0; i < 10; i++) {
    const x0 = -half + (i / 10) * half * 2;
    const x1 = x0 + (half * 2) / 10;
    const m = (x0 + x1) / 2;
    const [u0, u1] = [i / 10, (i + 1) / 10];
    quad([x0, y, z], [x1, y, z], [x1, y - 0.2, z - 0.02], [x0, y - 0.2, z - 0.02], 0, 0.1, u0, u1);
    corners.push([x0, y - 0.2, z - 0.02], [x1, y - 0.2, z - 0.02], [m, y - 0.34, z - 0.03]);
    corners.push([x0, y - 0.2, z - 0.02], [m, y - 0.34, z - 0.03], [x1, y - 0.2, z - 0.02]);
    uvs.push([u0, 0.1], [u1, 0.1], [(u0 + u1) / 2, 0.16], [u0, 0.1], [(u0 + u1) / 2, 0.16], [u1, 0.1]);
  }
  s.facets(corners, { material }, uvs);
}

export function forge(s: Sculpture): void {
  s.group([0, 0, 0], [0, 0, 0], () => {
    s.cylinder(0.6, 0.34, 0.3, { at: [0, 0.3, 0], color: darkWood, top: wood }, 12);
    s.ring(0.325, 0.05, { at: [0, 0.42, 0], color: iron }, 12);
    s.box([0.34, 0.16, 0.24], { at: [0, 0.68, 0], color: "#4a4852" });
    s.box([0.2, 0.14, 0.16], { at: [0, 0.82, 0], color: "#4a4852" });
    s.box([0.62, 0.16, 0.26], { at: [0.02, 0.95, 0], color: "#5a5864", top: "#8b8994" });
    s.cylinder(0.42, 0.1, 0.012, { at: [-0.46, 0.96, 0], turn: [0, 0, Math.PI / 2], color: "#5a5864" }, 8);
    s.box([0.3, 0.03, 0.05], { at: [0.1, 1.045, 0.02], turn: [0, 0.5, 0], material: "ember", color: "#ffffff" });
  });
  s.group([1.15, 0, 1.1], [0, -0.2, 0], () => {
    s.cylinder(0.8, 0.62, 0.5, { at: [0, 0.4, 0], color: "#6d625c", top: "#8b7f76" }, 10);
    s.cylinder(0.2, 0.5, 0.64, { at: [0, 0.88, 0], color: "#4a4444" }, 10);
    s.cylinder(0.04, 0.54, 0.54, { at: [0, 0.96, 0], material: "ember", color: "#ffffff" }, 10);
    const r = random(17);
    for (let i = 0; i < 10; i++) {
      const a = r() * 6.3;
      s.lump(0.11, { at: [Math.cos(a) * r() * 0.4, 0.99, Math.sin(a) * r() * 0.4], color: "#2c2627", turn: [r(), r(), r()] }, 1);
    }
  });
  s.group([-1.25, 0, 1.2], [0, 0.35, 0], () => {
    for (const x of [-0.7, 0.7]) s.box([0.1, 1.5, 0.1], { at: [x, 0.75, 0], color: wood });
    for (const y of [0.7, 1.35]) s.box([1.5, 0.08, 0.08], { at: [0, y, 0], color: wood });
    for (const x of [-0.45, -0.1, 0.25]) {
      s.box([0.07, 0.85, 0.02], { at: [x, 0.92, -0.07], color: "#b9bcc8", top: "#e6e9f2" });
      s.box([0.22, 0.04, 0.05], { at: [x, 1.38, -0.07], color: brass });
      s.box([0.05, 0.2, 0.05], { at: [x, 1.5, -0.07], color: darkWood });
    }
    s.cylinder(0.06, 0.3, 0.3, { at: [0.56, 1.0, -0.09], turn: [Math.PI / 2, 0, 0], color: "#9d3b32" }, 14);
    s.ball(0.09, { at: [0.56, 1.0, -0.13], color: brass }, 5);
  });
  barrel(s, [-2.1, 0, 0.5], "#6f8f9a");
}

/** A two-wheeled cart full of flowers. */
export function flowerCart(s: Sculpture): void {
  const r = random(23);
  s.box([1.7, 0.1, 0.9], { at: [0, 0.72, 0], color: "#6f9a8b", top: "#8ab5a3" });
  for (const z of [-0.45, 0.45]) s.box([1.74, 0.26, 0.06], { at: [0, 0.88, z], color: "#7fae9c", top: "#a3cdbb" });
  for (const x of [-0.86, 0.86]) s.box([0.06, 0.26, 0.9], { at: [x, 0.88, 0], color: "#7fae9c", top: "#a3cdbb" });
  for (const z of [-0.56, 0.56]) {
    s.group([0.15, 0.45, z], [Math.PI / 2, 0, 0], () => {
      s.ring(0.42, 0.07, { color: darkWood }, 18);
      s.cylinder(0.14, 0.09, 0.09, { color: brass }, 8);
    });
    for (let i = 0; i < 8; i++) {
      const a = (i / 8) * Math.PI * 2;
      s.box([0.4, 0.04, 0.04], { at: [0.15 + Math.cos(a) * 0.21, 0.45 + Math.sin(a) * 0.21, z], turn: [0, 0, a], color: wood });
    }
  }
  for (const z of [-0.36, 0.36]) s.limb([-0.8, 0.74, z], [-1.7, 0.55, z], 0.035, { color: wood });
  s.box([0.07, 0.7, 0.07], { at: [-0.72, 0.36, 0], color: wood });
  const tones = ["#e8607d", "#f2b84b", "#f7f0e2", "#b46fd0", "#f08a5a", "#7fa9e0"];
  for (let i = 0; i < 15; i++) {
    const at: Triple = [((i % 5) - 2) * 0.33 + r() * 0.08, 1.02 + r() * 0.06, (Math.floor(i / 5) - 1) * 0.28 + r() * 0.06];
    s.lump(0.17, { at, color: "#4c7a3a", top: "#7fa650" }, 1);
    for (let j = 0; j < 3; j++) {
      const place: Triple = [at[0] + (r() - 0.5) * 0.22, at[1] + 0.13 + r() * 0.07, at[2] + (r() - 0.5) * 0.22];
      s.lump(0.075, { at: place, color: tones[Math.floor(r() * tones.length)]! }, 1);
    }
  }
  for (const [x, z] of [[-0.3, -1.0], [0.35, -0.95], [1.25, -0.2]] as const) {
    s.cylinder(0.26, 0.13, 0.19, { at: [x, 0.13, z], color: "#b5623f", top: "#cd7a52" }, 10);
    s.lump(0.22, { at: [x, 0.4, z], color: "#4c7a3a", top: "#86a952" }, 1);
    for (let j = 0; j < 5; j++) {
      s.lump(0.08, { at: [x + (r() - 0.5) * 0.3, 0.5 + r() * 0.1, z + (r() - 0.5) * 0.3], color: tones[(j + Math.round(x * 5) + 5) % tones.length]! }, 1);
    }
  }
}

export function bench(s: Sculpture): void {
  for (const x of [-0.75, 0.75]) s.box([0.12, 0.44, 0.4], { at: [x, 0.22, 0], color: iron });
  for (const z of [-0.14, 0, 0.14]) s.box([1.8, 0.05, 0.12], { at: [0, 0.46, z], color: "#96693f", top: "#b5834f" });
  for (const y of [0.68, 0.84]) s.box([1.8, 0.11, 0.04], { at: [0, y, 0.24], turn: [0.12, 0, 0], color: "#96693f", top: "#b5834f" });
}

/** A string of flags that hangs between two points. */
export function garland(s: Sculpture, from: Triple, to: Triple, sag: number): void {
  const tones = ["#d9503f", "#f2b84b", "#f7f0e2", "#3f8f8b", "#7a6bb0"];
  const count = 18;
  const point = (share: number): Triple => [
    from[0] + (to[0] - from[0]) * share,
    from[1] + (to[1] - from[1]) * share - sag * 4 * share * (1 - share),
    from[2] + (to[2] - from[2]) * share,
  ];
  for (let i = 0; i < count; i++) {
    const [a, b] = [point(i / count), point((i + 1) / count)];
    const over = (q: Triple): Triple => [q[0], q[1] + 0.028, q[2]];
    s.facets([a, over(a), over(b), a, over(b), b, a, over(b), over(a), a, b, over(b)], { color: "#5a4636" });
    const [p, q] = [point((i + 0.22) / count), point((i + 0.78) / count)];
    const tip: Triple = [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2 - 0.42, (p[2] + q[2]) / 2 - 0.05];
    s.facets([p, q, tip, p, tip, q], { color: tones[i % tones.length]! });
  }
}

/** Grass, bushes and stones beyond the paving. */
export function meadow(s: Sculpture): void {
  const r = random(31);
  for (let i = 0; i < 34; i++) {
    const a = r() * Math.PI * 2;
    const distance = 15.2 + r() * 9;
    if (Math.cos(a) < -0.72 && distance < 21) continue; // the way the camera looks in
    const at: Triple = [Math.sin(a) * distance, 0.1, Math.cos(a) * distance];
    const size = 0.35 + r() * 0.75;
    const top = r() < 0.3 ? "#c29a4a" : "#93a855";
    s.lump(size, { at, turn: [r(), r() * 6, r()], scale: [1.2, 0.8, 1.1], color: "#55703a", top }, 1, false);
  }
}
