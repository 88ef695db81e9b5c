/** Half-timbered houses around the square. Each stands at its own origin and looks towards -z. */
import type { Sculpture, Triple } from "./sculpt.ts";

export interface HouseStyle {
  readonly width: number;
  readonly depth: number;
  readonly ground: number;
  readonly upper: number;
  readonly roof: number;
  readonly plaster: string;
  readonly timber: string;
  readonly tiles: string;
  readonly shutter: string;
  readonly door: number;
  readonly windows: readonly number[];
}

const stone = "#8d8078";
const stoneTop = "#a89a8c";
const plasterTile = 2.6;
const roofTile = 1.5;
const overhang = 0.45;

/** Panes that glow, a frame, shutters, and a box of flowers under it. */
function window(s: Sculpture, at: Triple, style: HouseStyle, flowers: boolean): void {
  s.group(at, [0, 0, 0], () => {
    s.board([0.78, 0.98, 0.06], { color: style.timber });
    s.board([0.62, 0.82, 0.02], { at: [0, 0, -0.04], material: "glow", color: "#ffffff" });
    s.board([0.05, 0.84, 0.02], { at: [0, 0, -0.06], color: style.timber });
    s.board([0.64, 0.05, 0.02], { at: [0, 0.08, -0.06], color: style.timber });
    for (const side of [-1, 1]) {
      s.group([side * 0.56, 0, -0.06], [0, side * 0.28, 0], () => {
        s.board([0.36, 0.96, 0.045], { color: style.shutter });
        for (const y of [-0.24, 0.24]) s.facets(rectangle(0.24, 0.32, y, -0.03), { color: style.shutter, top: style.timber });
      });
    }
    if (!flowers) return;
    s.box([0.86, 0.18, 0.24], { at: [0, -0.6, -0.16], color: "#7b5334" });
    s.lump(0.13, { at: [0, -0.5, -0.17], scale: [3.2, 0.9, 0.9], color: "#4f7d3c", top: "#86ab55" }, 1);
    const blossoms = ["#e8607d", "#f2b84b", "#f4efe6", "#c95aa0", "#e8607d"];
    for (const [i, color] of blossoms.entries()) {
      s.lump(0.08, { at: [(i - 2) * 0.17, -0.42, -0.2 + (i % 2) * 0.07], color }, 1);
    }
  });
}

function rectangle(width: number, height: number, y: number, z: number): Triple[] {
  const [w, h] = [width / 2, height / 2];
  return [[-w, y - h, z], [-w, y + h, z], [w, y + h, z], [-w, y - h, z], [w, y + h, z], [w, y - h, z]];
}

function door(s: Sculpture, at: Triple, style: HouseStyle): void {
  s.group(at, [0, 0, 0], () => {
    s.box([1.3, 2.2, 0.16], { at: [0, 1.1, 0.02], color: style.timber });
    s.box([1.02, 2.02, 0.12], { at: [0, 1.01, -0.06], color: "#6b4226", top: "#865533" });
    for (const x of [-0.34, 0, 0.34]) s.board([0.03, 1.96, 0.02], { at: [x, 1.0, -0.125], color: "#4a2d1a" });
    for (const y of [0.5, 1.6]) s.board([0.9, 0.07, 0.03], { at: [0, y, -0.13], color: "#3c3a40" });
    s.ball(0.055, { at: [0.36, 1.02, -0.16], color: "#d9a847" }, 4);
    s.box([1.5, 0.16, 0.6], { at: [0, 0.08, -0.3], color: stone, top: stoneTop });
    s.box([1.6, 0.12, 0.7], { at: [0, 2.28, -0.2], turn: [-0.25, 0, 0], color: style.timber });
    s.box([0.16, 0.24, 0.16], { at: [-0.84, 1.82, -0.16], material: "glow", color: "#ffffff" });
    s.box([0.22, 0.05, 0.22], { at: [-0.84, 1.96, -0.16], color: "#35323a" });
    s.box([0.22, 0.04, 0.22], { at: [-0.84, 1.69, -0.16], color: "#35323a" });
  });
}

/** Beams of one storey's front: posts, sill, plate and a pair of braces in the outer fields. */
function beams(s: Sculpture, width: number, low: number, height: number, z: number, style: HouseStyle, fields: number): void {
  const color = style.timber;
  for (const y of [low + 0.07, low + height - 0.07]) s.board([width + 0.06, 0.15, 0.1], { at: [0, y, z], color });
  for (let i = 0; i <= fields; i++) {
    const x = (i / fields - 0.5) * (width - 0.14);
    s.board([0.15, height, 0.1], { at: [x, low + height / 2, z], color });
  }
  const field = (width - 0.14) / fields;
  const slant = Math.atan2(field * 0.8, height * 0.8);
  for (const side of [-1, 1]) {
    const x = side * (width / 2 - 0.07 - field / 2);
    s.board([0.11, height * 0.98, 0.07], { at: [x, low + height / 2, z + 0.01], turn: [0, 0, side * slant * 0.9], color });
  }
}

function sideBeams(s: Sculpture, x: number, depth: number, low: number, height: number, color: string): void {
  s.group([x, 0, 0], [0, x > 0 ? -Math.PI / 2 : Math.PI / 2, 0], () => {
    for (const y of [low + 0.07, low + height - 0.07]) s.board([depth, 0.15, 0.1], { at: [0, y, 0], color });
    for (const along of [-0.5, 0, 0.5]) s.board([0.15, height, 0.1], { at: [along * (depth - 0.14), low + height / 2, 0], color });
  });
}

/** A gable roof whose ridge runs along z, so that the gable looks at the square. */
function gableRoof(s: Sculpture, width: number, depth: number, low: number, height: number, style: HouseStyle): void {
  const half = width / 2 + overhang;
  const rise = height * (half / (width / 2));
  const slope = Math.hypot(half, rise);
  const angle = Math.atan2(rise, half);
  const long = depth + overhang * 2;
  const top = low + height;
  for (const side of [-1, 1]) {
    s.group([(side * half) / 2, top - rise / 2 + 0.06, 0], [0, 0, -side * angle], () => {
      const [u, v] = [long / 2 / roofTile, slope / roofTile];
      const [x, z] = [(slope / 2) * side, long / 2];
      const face: Triple[] = [[-x, 0.1, -z], [-x, 0.1, z], [x, 0.1, z], [-x, 0.1, -z], [x, 0.1, z], [x, 0.1, -z]];
      const uvs: [number, number][] = [[-u, v], [u, v], [u, 0], [-u, v], [u, 0], [-u, 0]];
      const order = side === 1 ? [0, 1, 2, 3, 4, 5] : [0, 2, 1, 3, 5, 4];
      s.facets(order.map((i) => face[i]!), { material: "roof", color: style.tiles }, order.map((i) => uvs[i]!));
      s.box([slope, 0.14, long - 0.02], { at: [0, 0.025, 0], color: "#5b3a2c" });
      for (const end of [-1, 1]) s.box([slope + 0.06, 0.22, 0.08], { at: [0, 0, end * (long / 2)], color: style.timber });
    });
  }
  s.box([0.3, 0.16, long + 0.06], { at: [0, top + 0.12, 0], turn: [0, 0, 0], color: style.tiles, top: style.tiles });
  for (const end of [-1, 1]) {
    const z = (end * depth) / 2;
    const w = width / 2;
    const corners: Triple[] = end < 0 ? [[-w, low, z], [0, top, z], [w, low, z]] : [[-w, low, z], [w, low, z], [0, top, z]];
    s.facets(corners, { material: "plaster", color: style.plaster, tile: plasterTile });
    s.box([0.14, height * 0.9, 0.09], { at: [0, low + height * 0.45, z + end * 0.02], color: style.timber });
    s.box([width * 0.52, 0.13, 0.09], { at: [0, low + height * 0.46, z + end * 0.02], color: style.timber });
  }
}

function chimney(s: Sculpture, at: Triple): void {
  s.box([0.6, 1.7, 0.6], { at, color: "#8a5a48", top: "#a46f58" });
  s.box([0.74, 0.16, 0.74], { at: [at[0], at[1] + 0.85, at[2]], color: stone, top: stoneTop });
  for (const x of [-0.14, 0.14]) s.cylinder(0.3, 0.1, 0.09, { at: [at[0] + x, at[1] + 1.05, at[2]], color: "#b5623f" }, 8);
}

/** A house of two storeys, the upper one jutting out. */
export function house(s: Sculpture, style: HouseStyle): void {
  const { width: w, depth: d, ground, upper } = style;
  const jut = 0.28;
  const front = -d / 2;
  s.box([w + 0.16, 0.6, d + 0.16], { at: [0, 0.3, 0], color: stone, top: stoneTop });
  s.box([w, ground, d], { at: [0, 0.4 + ground / 2, 0], material: "plaster", color: style.plaster, tile: plasterTile });
  const floor = 0.4 + ground;
  s.box([w + jut * 2, upper, d + jut * 2], { at: [0, floor + upper / 2, 0], material: "plaster", color: style.plaster, tile: plasterTile });
  for (const x of [-1, 1]) s.box([0.2, ground - 0.2, 0.2], { at: [x * (w / 2 - 0.06), 0.5 + ground / 2, front + 0.02], color: style.timber });
  const joists = Math.round(w / 0.62);
  for (let i = 0; i <= joists; i++) {
    s.box([0.16, 0.18, 0.5], { at: [(i / joists - 0.5) * (w + 0.2), floor - 0.06, front - 0.16], color: style.timber });
  }
  beams(s, w + jut * 2, floor, upper, front - jut - 0.02, style, Math.max(4, Math.round(w / 1.2)));
  for (const side of [-1, 1]) sideBeams(s, side * (w / 2 + jut + 0.02), d + jut * 2, floor, upper, style.timber);
  gableRoof(s, w + jut * 2, d + jut * 2, floor + upper, style.roof, style);
  chimney(s, [w * 0.28, floor + upper + style.roof * 0.72, d * 0.2]);
  door(s, [style.door, 0.06, front - 0.05], style);
  for (const x of style.windows) window(s, [x, floor + upper * 0.54, front - jut - 0.05], style, true);
  for (const x of [-1, 1]) {
    const at = x * (w / 2 - 0.95);
    if (Math.abs(at - style.door) > 1.3) window(s, [at, 0.4 + ground * 0.55, front - 0.04], style, false);
  }
  window(s, [0, floor + upper + style.roof * 0.26, front - jut - 0.04], { ...style, shutter: style.timber }, false);
  for (const side of [-1, 1]) {
    s.group([side * (w / 2 + jut + 0.04), floor + upper * 0.54, 0], [0, side === 1 ? -Math.PI / 2 : Math.PI / 2, 0], () =>
      window(s, [0, 0, 0], style, false),
    );
  }
}

/** A board on an iron arm over a door; `emblem` draws on it, in a square of 0.5 m. */
export function sign(s: Sculpture, at: Triple, color: string, emblem: (s: Sculpture) => void): void {
  s.group(at, [0, 0, 0], () => {
    s.box([0.06, 0.06, 1.0], { at: [0, 0.46, -0.4], color: "#35323a" });
    s.box([0.05, 0.05, 0.7], { at: [0, 0.22, -0.2], turn: [-0.6, 0, 0], color: "#35323a" });
    for (const z of [-0.75, -0.35]) s.box([0.025, 0.16, 0.025], { at: [0, 0.38, z], color: "#35323a" });
    s.group([0, 0, -0.55], [0, Math.PI / 2, 0], () => {
      s.box([0.66, 0.6, 0.07], { color: "#5d3b22" });
      s.box([0.56, 0.5, 0.085], { color });
      for (const face of [-1, 1]) s.group([0, 0, face * 0.05], [0, face < 0 ? 0 : Math.PI, 0], () => emblem(s));
    });
  });
}

/** A round tower with a pointed roof: the sage's. */
export function tower(s: Sculpture, radius: number, height: number, plaster: string, tiles: string): void {
  const style: HouseStyle = {
    width: 0, depth: 0, ground: 0, upper: 0, roof: 0, plaster, tiles, timber: "#4d3a4a", shutter: "#5a4a86", door: 0, windows: [],
  };
  s.cylinder(0.8, radius + 0.28, radius + 0.14, { at: [0, 0.4, 0], color: stone, top: stoneTop }, 20);
  s.lathe([[radius, 0.5], [radius * 0.94, height * 0.6], [radius * 0.94, height]], { material: "plaster", repeat: [4, 2.6], color: plaster }, 20);
  for (let i = 0; i < 12; i++) {
    const a = (i / 12) * Math.PI * 2;
    s.box([0.2, 0.5, 0.34], { at: [Math.sin(a) * (radius + 0.06), height - 0.1, Math.cos(a) * (radius + 0.06)], turn: [0, a, 0], color: style.timber });
  }
  s.cylinder(0.24, radius + 0.34, radius + 0.34, { at: [0, height + 0.2, 0], color: "#6a5468", top: "#7f6a7c" }, 20);
  s.lathe(
    [[radius + 0.62, height + 0.25], [radius * 0.62, height + 1.7], [radius * 0.26, height + 3.1], [0, height + 4.3]],
    { material: "roof", repeat: [7, 3], color: tiles },
    18,
  );
  s.ball(0.16, { at: [0, height + 4.36, 0], color: "#e2b44e" }, 6);
  s.ring(0.3, 0.05, { at: [0, height + 4.75, 0], turn: [Math.PI / 2, 0, 0], color: "#e2b44e" }, 14);
  s.cylinder(0.5, 0.03, 0.03, { at: [0, height + 4.5, 0], color: "#e2b44e" }, 6);
  door(s, [0, 0.06, -radius - 0.2], style);
  for (const [angle, y] of [[0, 3.7], [0.9, 2.6], [-0.9, 4.6], [0.45, 5.4]] as const) {
    if (y > height - 0.8) continue;
    s.group([0, y, 0], [0, angle, 0], () => window(s, [0, 0, -radius * 0.97], style, false));
  }
}

/** A clock tower over the town hall's roof. */
export function clock(s: Sculpture, at: Triple, style: HouseStyle): void {
  s.group(at, [0, 0, 0], () => {
    s.box([1.9, 3.0, 1.9], { at: [0, 1.5, 0], material: "plaster", color: style.plaster, tile: plasterTile });
    for (const x of [-1, 1]) for (const z of [-1, 1]) s.box([0.2, 3.1, 0.2], { at: [x * 0.92, 1.5, z * 0.92], color: style.timber });
    for (const y of [0.9, 2.9]) s.box([2.1, 0.16, 2.1], { at: [0, y, 0], color: style.timber });
    s.cylinder(0.1, 0.72, 0.72, { at: [0, 1.95, -0.98], turn: [Math.PI / 2, 0, 0], color: "#d8a947" }, 24);
    s.cylinder(0.1, 0.62, 0.62, { at: [0, 1.95, -1.0], turn: [Math.PI / 2, 0, 0], color: "#fff6dd" }, 24);
    for (let i = 0; i < 12; i++) {
      const a = (i / 12) * Math.PI * 2;
      s.box([0.04, i % 3 === 0 ? 0.14 : 0.08, 0.02], { at: [Math.sin(a) * 0.5, 1.95 + Math.cos(a) * 0.5, -1.06], turn: [0, 0, -a], color: "#3a2c2a" });
    }
    s.box([0.06, 0.34, 0.02], { at: [0.13, 2.06, -1.07], turn: [0, 0, -0.9], color: "#3a2c2a" });
    s.box([0.045, 0.5, 0.02], { at: [-0.08, 2.17, -1.08], turn: [0, 0, 0.35], color: "#3a2c2a" });
    s.lathe([[1.62, 2.95], [0.9, 3.9], [0.32, 5.1], [0, 6.0]], { material: "roof", repeat: [5, 3], color: style.tiles, turn: [0, Math.PI / 4, 0] }, 4);
    s.ball(0.13, { at: [0, 6.05, 0], color: "#e2b44e" }, 6);
    s.cylinder(0.6, 0.03, 0.02, { at: [0, 6.4, 0], color: "#e2b44e" }, 6);
    s.facets([[0, 6.55, 0], [0.55, 6.45, 0.02], [0, 6.3, 0], [0, 6.55, 0], [0, 6.3, 0], [0.55, 6.45, 0.02]], { color: "#c93c3c" });
  });
}
