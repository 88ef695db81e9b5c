/** The people of the square: big heads, small bodies, one thing each that says who they are. They look towards -z. */
import type { Sculpture, Triple } from "./sculpt.ts";

export interface Figure {
  /** What does not move: legs, arms, what is held. */
  readonly body: (s: Sculpture) => void;
  /** Around its own origin, the neck. */
  readonly head: (s: Sculpture) => void;
  readonly neck: number;
}

const ink = "#2a1c1c";

interface Face {
  readonly skin: string;
  readonly brows: string;
  readonly eyes?: string;
  readonly cheeks?: string;
  readonly mouth?: "smile" | "line" | "open";
  readonly nose?: number;
  readonly browTilt?: number;
  readonly lashes?: boolean;
}

const radius = 0.33;

/** A head with its face; hair and hats come on top. The centre of the head is 0.3 above the neck. */
function face(s: Sculpture, f: Face): void {
  s.ball(radius, { at: [0, 0.3, 0], scale: [1, 0.96, 0.94], color: f.skin }, 14);
  for (const side of [-1, 1]) {
    s.ball(0.07, { at: [side * 0.325, 0.28, 0.02], scale: [0.6, 1, 0.8], color: f.skin }, 5);
    s.ball(0.052, { at: [side * 0.125, 0.33, -0.285], scale: [0.9, 1.35, 0.6], color: f.eyes ?? ink }, 8);
    s.ball(0.017, { at: [side * 0.125 - 0.015, 0.357, -0.317], color: "#ffffff" }, 4);
    if (f.lashes) s.box([0.05, 0.016, 0.02], { at: [side * 0.178, 0.385, -0.28], turn: [0, side * 0.4, side * 0.6], color: ink });
    s.box([0.115, 0.028, 0.03], {
      at: [side * 0.13, 0.44, -0.288], turn: [-0.25, side * -0.35, side * -(f.browTilt ?? 0.1)], color: f.brows,
    });
    if (f.cheeks) s.ball(0.06, { at: [side * 0.2, 0.235, -0.245], scale: [1, 0.7, 0.4], color: f.cheeks }, 6);
  }
  const nose = f.nose ?? 0.045;
  s.ball(nose, { at: [0, 0.27, -0.325], scale: [1, 0.9, 1], color: f.skin, top: f.skin }, 6);
  mouth(s, f.mouth ?? "smile");
}

function mouth(s: Sculpture, kind: "smile" | "line" | "open"): void {
  const color = "#8a3f3a";
  if (kind === "open") s.ball(0.05, { at: [0, 0.175, -0.288], scale: [1.2, 0.75, 0.4], color: "#7a2f30" }, 6);
  else if (kind === "line") s.box([0.1, 0.018, 0.02], { at: [0, 0.17, -0.292], color });
  else {
    const points: Triple[] = [-0.075, -0.04, 0, 0.04, 0.075].map((x) => [x, 0.158 + x * x * 5.5, -0.302 + x * x * 1.6]);
    for (let i = 1; i < points.length; i++) s.limb(points[i - 1]!, points[i]!, 0.011, { color });
  }
}

function legs(s: Sculpture, trousers: string, boots: string, apart = 0.13): void {
  for (const side of [-1, 1]) {
    s.cylinder(0.36, 0.1, 0.115, { at: [side * apart, 0.32, 0], color: trousers }, 10);
    s.cylinder(0.24, 0.105, 0.11, { at: [side * apart, 0.14, 0], color: boots }, 10);
    s.ball(0.12, { at: [side * apart, 0.07, -0.06], scale: [0.95, 0.62, 1.45], color: boots }, 7);
  }
}

interface Arm {
  readonly sleeve: string;
  readonly skin: string;
  readonly elbow: Triple;
  readonly hand: Triple;
  readonly thick?: number;
  readonly cuff?: string;
}

function arm(s: Sculpture, side: number, shoulder: number, a: Arm): void {
  const thick = a.thick ?? 0.085;
  s.limb([side * 0.27, shoulder, 0], a.elbow, thick * 1.1, { color: a.sleeve }, thick);
  s.limb(a.elbow, a.hand, thick, { color: a.cuff ?? a.sleeve }, thick * 0.8);
  s.ball(0.088, { at: a.hand, color: a.skin }, 7);
}

/** The garment: its cloth takes the albedo slot. */
const garment = (s: Sculpture, profile: readonly (readonly [number, number])[], material: string, scale: Triple = [1, 1, 0.86]): void =>
  s.lathe(profile, { material, scale, color: "#ffffff" }, 18);

const smith: Figure = {
  neck: 1.1,
  head: (s) => {
    const skin = "#c98d68";
    face(s, { skin, brows: "#3a2218", nose: 0.06, mouth: "line", browTilt: -0.14, cheeks: "#d1795e" });
    const beard = { color: "#3f2517", top: "#5b3722" };
    s.ball(0.27, { at: [0, 0.13, -0.085], scale: [1.05, 0.8, 0.95], ...beard }, 10);
    s.lump(0.17, { at: [0, -0.06, -0.16], scale: [1, 1.1, 0.7], ...beard }, 2, false);
    for (const side of [-1, 1]) s.ball(0.085, { at: [side * 0.09, 0.2, -0.3], scale: [1.3, 0.55, 0.6], color: "#4a2c1b" }, 6);
    for (const side of [-1, 1]) s.ball(0.1, { at: [side * 0.29, 0.22, -0.02], scale: [0.5, 1.3, 0.9], ...beard }, 6);
    s.cylinder(0.085, 0.338, 0.325, { at: [0, 0.45, 0], scale: [1, 1, 0.95], color: "#a3362e" }, 18);
    for (const y of [0.42, 0.34]) s.box([0.07, 0.2, 0.03], { at: [0.1, y, 0.32], turn: [0.3, 0, y > 0.4 ? 0.4 : -0.3], color: "#a3362e" });
  },
  body: (s) => {
    const skin = "#c98d68";
    legs(s, "#4a4350", "#3a2a22", 0.16);
    const shirt = [[0.3, 0.34], [0.36, 0.5], [0.4, 0.75], [0.4, 0.95], [0.3, 1.1], [0.14, 1.17]] as const;
    s.lathe(shirt, { scale: [1.05, 1, 0.86], color: "#d8cbb2" }, 18);
    s.cylinder(0.08, 0.4, 0.41, { at: [0, 0.66, 0], scale: [1.05, 1, 0.88], color: "#2f2320" }, 18);
    apron(s, "cloth-smith");
    s.box([0.13, 0.1, 0.04], { at: [0, 0.66, -0.37], color: "#d9a847" });
    arm(s, -1, 1.02, { sleeve: "#d8cbb2", cuff: skin, skin, elbow: [-0.52, 0.84, -0.06], hand: [-0.46, 0.72, -0.36], thick: 0.115 });
    arm(s, 1, 1.02, { sleeve: "#d8cbb2", cuff: skin, skin, elbow: [0.56, 0.88, -0.02], hand: [0.5, 1.12, -0.3], thick: 0.115 });
    s.limb([0.5, 0.98, -0.27], [0.5, 1.5, -0.38], 0.028, { color: "#7a5233" });
    s.box([0.34, 0.18, 0.18], { at: [0.5, 1.52, -0.385], turn: [0.2, 0, 0], color: "#55535e", top: "#8b8994" });
    for (const side of [-1, 1]) s.ball(0.12, { at: [side * 0.29, 1.04, 0], color: "#d8cbb2" }, 7);
  },
};

/** A bib apron around the front of the body. */
function apron(s: Sculpture, material: string): void {
  const corners: Triple[] = [];
  const uvs: [number, number][] = [];
  const rows = [[0.24, 0.395, 1.05], [0.5, 0.43, 1.15], [0.72, 0.45, 1.05], [0.74, 0.45, 0.66], [1.04, 0.43, 0.5]] as const;
  const steps = 8;
  const point = (row: (typeof rows)[number], j: number): Triple => {
    const angle = (j / steps - 0.5) * 2 * row[2];
    return [Math.sin(angle) * row[1] * 1.05, row[0], -Math.cos(angle) * row[1] * 0.9];
  };
  for (let i = 1; i < rows.length; i++) {
    for (let j = 1; j <= steps; j++) {
      const [a, b, c, d] = [point(rows[i - 1]!, j - 1), point(rows[i - 1]!, j), point(rows[i]!, j), point(rows[i]!, j - 1)];
      const [v0, v1] = [(rows[i - 1]![0] - 0.24) / 0.8, (rows[i]![0] - 0.24) / 0.8];
      const [u0, u1] = [(j - 1) / steps, j / steps];
      corners.push(a, c, b, a, d, c);
      uvs.push([u0, v0], [u1, v1], [u1, v0], [u0, v0], [u0, v1], [u1, v1]);
    }
  }
  s.facets(corners, { material, color: "#ffffff" }, uvs);
}

const merchant: Figure = {
  neck: 1.06,
  head: (s) => {
    const skin = "#a8693f";
    face(s, { skin, brows: "#241713", nose: 0.058, cheeks: "#b95f44", browTilt: 0.2 });
    for (const side of [-1, 1]) {
      s.limb([side * 0.015, 0.215, -0.325], [side * 0.12, 0.205, -0.3], 0.032, { color: "#241713" }, 0.018);
      s.limb([side * 0.12, 0.205, -0.3], [side * 0.165, 0.245, -0.28], 0.017, { color: "#241713" }, 0.006);
    }
    s.ball(0.075, { at: [0, 0.06, -0.245], scale: [0.8, 1.2, 0.6], color: "#241713" }, 6);
    for (const [i, y] of [0.49, 0.58, 0.66].entries()) {
      s.ring(0.3 - i * 0.055, 0.17, { at: [0, y, 0.02], turn: [i % 2 ? 0.12 : -0.1, i, i % 2 ? -0.1 : 0.08], color: i % 2 ? "#f2d78e" : "#e9b44a" }, 16);
    }
    s.ball(0.16, { at: [0, 0.7, 0.02], color: "#e9b44a" }, 8);
    s.ball(0.05, { at: [0, 0.54, -0.345], color: "#c2334d", top: "#ff7a8c" }, 6);
    s.limb([0, 0.57, -0.33], [0.05, 0.92, -0.23], 0.03, { color: "#3f8f8b", top: "#9fd6c8" }, 0.05);
  },
  body: (s) => {
    const skin = "#a8693f";
    legs(s, "#7a3f5c", "#5b3a26", 0.15);
    garment(s, [[0.42, 0.24], [0.43, 0.34], [0.47, 0.6], [0.45, 0.82], [0.32, 1.02], [0.15, 1.12]], "cloth-merchant", [1, 1, 0.95]);
    s.cylinder(0.11, 0.47, 0.465, { at: [0, 0.66, 0], scale: [1.01, 1, 0.96], color: "#c9463f" }, 20);
    s.box([0.1, 0.34, 0.04], { at: [0.18, 0.5, -0.44], turn: [0, -0.3, 0.15], color: "#c9463f" });
    s.lathe([[0.2, 1.0], [0.24, 1.06], [0.2, 1.13], [0.12, 1.13]], { color: "#f2d78e" }, 16);
    arm(s, -1, 0.98, { sleeve: "#1f6f78", cuff: "#d9a036", skin, elbow: [-0.54, 0.76, -0.12], hand: [-0.36, 0.74, -0.46] });
    arm(s, 1, 0.98, { sleeve: "#1f6f78", cuff: "#d9a036", skin, elbow: [0.58, 0.82, -0.06], hand: [0.66, 1.06, -0.26] });
    s.lump(0.13, { at: [-0.34, 0.86, -0.5], color: "#8a5a34", scale: [1, 0.9, 1] }, 2, false);
    s.cylinder(0.08, 0.05, 0.08, { at: [-0.34, 0.99, -0.5], color: "#6b4226" }, 8);
    for (const [x, z] of [[-0.3, -0.62], [-0.42, -0.6]] as const) s.cylinder(0.015, 0.035, 0.035, { at: [x, 0.96, z], turn: [0.4, 0, 0.2], color: "#f3c94f" }, 8);
  },
};

const guard: Figure = {
  neck: 1.16,
  head: (s) => {
    const skin = "#e6b48c";
    face(s, { skin, brows: "#7a4a22", mouth: "line", browTilt: -0.06, cheeks: "#e2957a" });
    for (const side of [-1, 1]) s.ball(0.06, { at: [side * 0.075, 0.205, -0.305], scale: [1.5, 0.6, 0.5], color: "#8a5428" }, 6);
    const steel = { color: "#7d8492", top: "#c3cad6" };
    s.cap(0.39, 0.43, { at: [0, 0.34, 0.02], ...steel }, 12);
    s.ring(0.375, 0.055, { at: [0, 0.415, 0.02], color: "#d9a847" }, 18);
    s.box([0.045, 0.16, 0.035], { at: [0, 0.365, -0.352], ...steel });
    for (const side of [-1, 1]) s.box([0.05, 0.26, 0.22], { at: [side * 0.352, 0.25, 0.05], turn: [0, 0, side * -0.06], ...steel });
    for (let i = 0; i < 7; i++) {
      const a = -0.75 + i * 0.32;
      s.lump(0.1 + 0.02 * (i % 2), { at: [0, 0.36 + Math.cos(a) * 0.44, Math.sin(a) * 0.42], scale: [0.65, 1.1, 1], color: "#a3262c", top: "#df5148" }, 1, false);
    }
  },
  body: (s) => {
    const skin = "#e6b48c";
    legs(s, "#5a5866", "#3c3a44", 0.14);
    garment(s, [[0.36, 0.26], [0.35, 0.4], [0.31, 0.62], [0.33, 0.8], [0.34, 0.95], [0.24, 1.1], [0.14, 1.18]], "cloth-guard");
    s.cylinder(0.08, 0.325, 0.325, { at: [0, 0.64, 0], scale: [1.02, 1, 0.88], color: "#4a2d1c" }, 18);
    s.box([0.12, 0.1, 0.04], { at: [0, 0.64, -0.29], color: "#d9a847" });
    const steel = { color: "#7d8492", top: "#c9d0dc" };
    s.lathe([[0.2, 1.04], [0.27, 1.08], [0.22, 1.18], [0.14, 1.2]], steel, 16);
    for (const side of [-1, 1]) s.cap(0.17, 0.55, { at: [side * 0.31, 1.0, 0], turn: [0, 0, side * -0.35], ...steel }, 8);
    arm(s, -1, 1.02, { sleeve: "#7d8492", cuff: "#4a4652", skin: "#4a4652", elbow: [-0.47, 0.8, -0.02], hand: [-0.42, 0.72, -0.26] });
    arm(s, 1, 1.02, { sleeve: "#7d8492", cuff: "#4a4652", skin, elbow: [0.5, 0.82, -0.04], hand: [0.52, 0.98, -0.26] });
    s.limb([0.53, 0.02, -0.28], [0.53, 2.15, -0.28], 0.028, { color: "#7a5233", top: "#95683f" });
    s.cylinder(0.36, 0.075, 0.006, { at: [0.53, 2.36, -0.28], scale: [1, 1, 0.4], color: "#aab1bf", top: "#f0f3f8" }, 6);
    s.facets([[0.55, 2.1, -0.28], [0.98, 1.98, -0.26], [0.55, 1.78, -0.28], [0.55, 2.1, -0.28], [0.55, 1.78, -0.28], [0.98, 1.98, -0.26]], { color: "#a3262c", top: "#d9503f" });
    s.group([-0.5, 0.72, -0.34], [0.05, 0.35, 0], () => {
      s.lathe([[0, -0.4], [0.16, -0.3], [0.27, -0.05], [0.29, 0.25], [0.26, 0.3]], { scale: [1, 1, 0.2], color: "#d9a847", top: "#f0cd78" }, 14);
      s.lathe([[0, -0.35], [0.13, -0.26], [0.23, -0.04], [0.25, 0.22], [0.1, 0.27]], { at: [0, 0, -0.02], scale: [1, 1, 0.2], color: "#a3262c", top: "#c93c3c" }, 14);
      s.lump(0.09, { at: [0, 0.05, -0.06], scale: [1, 1.2, 0.5], color: "#f0dfb6" }, 1);
    });
  },
};

const sage: Figure = {
  neck: 1.12,
  head: (s) => {
    face(s, { skin: "#f0cba6", brows: "#f4f1ea", eyes: "#35507c", nose: 0.055, cheeks: "#eba183", browTilt: 0.25 });
    const white = { color: "#d9d6d2", top: "#fbf8f2" };
    s.ball(0.25, { at: [0, 0.11, -0.09], scale: [1.05, 0.72, 0.9], ...white }, 10);
    s.lathe([[0, -0.62], [0.09, -0.45], [0.17, -0.2], [0.21, 0.05], [0.16, 0.16]], { at: [0, 0, -0.17], scale: [1, 1, 0.55], ...white }, 12);
    for (const side of [-1, 1]) {
      s.limb([side * 0.02, 0.205, -0.32], [side * 0.17, 0.13, -0.27], 0.04, white, 0.015);
      s.ball(0.11, { at: [side * 0.3, 0.24, 0.03], scale: [0.6, 1.5, 1.1], ...white }, 7);
    }
    s.ball(0.3, { at: [0, 0.24, 0.1], scale: [1.02, 1.1, 0.85], ...white }, 10);
    const hat = { color: "#2f2a63", top: "#4c3f92" };
    s.lathe([[0.62, 0.4], [0.6, 0.44], [0.36, 0.47], [0.33, 0.5]], { ...hat }, 20);
    s.lathe([[0.6, 0.41], [0.3, 0.43]], { color: "#26214f" }, 20);
    s.lathe([[0.35, 0.46], [0.27, 0.7], [0.16, 0.95], [0.08, 1.14]], hat, 16);
    s.limb([0.0, 1.1, 0], [0.12, 1.3, 0.1], 0.08, { color: "#4c3f92" }, 0.035);
    s.ball(0.05, { at: [0.14, 1.36, 0.11], color: "#ffe59a" }, 6);
    s.cylinder(0.08, 0.352, 0.33, { at: [0, 0.51, 0], color: "#d9a847" }, 18);
    for (const side of [-1, 1]) s.ring(0.085, 0.016, { at: [side * 0.125, 0.325, -0.325], turn: [Math.PI / 2, 0, 0], color: "#d9a847" }, 14);
    s.box([0.08, 0.014, 0.014], { at: [0, 0.335, -0.335], color: "#d9a847" });
  },
  body: (s) => {
    garment(s, [[0.44, 0.02], [0.43, 0.12], [0.36, 0.5], [0.31, 0.75], [0.3, 0.92], [0.23, 1.08], [0.13, 1.16]], "cloth-sage", [1, 1, 0.92]);
    s.cylinder(0.06, 0.325, 0.32, { at: [0, 0.7, 0], scale: [1, 1, 0.94], color: "#d9a847" }, 18);
    for (const side of [-1, 1]) s.ball(0.1, { at: [side * 0.14, 0.05, -0.36], scale: [1, 0.6, 1.4], color: "#6b4a2e" }, 6);
    s.lathe([[0.17, 0.98], [0.3, 0.99], [0.26, 1.08], [0.14, 1.16]], { color: "#5a4aa0", top: "#7d6bc0" }, 16);
    arm(s, -1, 0.98, { sleeve: "#453b85", skin: "#f0cba6", elbow: [-0.48, 0.74, -0.1], hand: [-0.34, 0.76, -0.4], thick: 0.11 });
    arm(s, 1, 0.98, { sleeve: "#453b85", skin: "#f0cba6", elbow: [0.5, 0.78, -0.08], hand: [0.5, 0.94, -0.36], thick: 0.11 });
    s.box([0.3, 0.06, 0.24], { at: [-0.32, 0.82, -0.46], turn: [0.35, 0.3, 0], color: "#7a2f3a" });
    s.box([0.27, 0.05, 0.21], { at: [-0.32, 0.845, -0.465], turn: [0.35, 0.3, 0], color: "#f4ead0" });
    s.limb([0.52, 0.02, -0.38], [0.5, 1.62, -0.36], 0.035, { color: "#5b3f2a", top: "#8a6240" }, 0.03);
    for (const [a, b] of [[0.1, 0.14], [-0.1, 0.14]] as const) s.limb([0.5, 1.6, -0.36], [0.5 + a, 1.6 + b, -0.36], 0.028, { color: "#8a6240" }, 0.018);
    s.lump(0.105, { at: [0.5, 1.8, -0.36], scale: [0.8, 1.3, 0.8], material: "crystal", color: "#ffffff" }, 1);
  },
};

const florist: Figure = {
  neck: 1.0,
  head: (s) => {
    face(s, { skin: "#f3c9a8", brows: "#8f4420", eyes: "#3f6b45", cheeks: "#f09a86", mouth: "smile", lashes: true, nose: 0.036 });
    const hair = { color: "#a8481f", top: "#d96f34" };
    s.cap(0.362, 0.44, { at: [0, 0.31, 0.02], turn: [0.42, 0, 0], ...hair }, 12);
    s.ball(0.31, { at: [0, 0.27, 0.1], scale: [1.08, 1.1, 0.85], ...hair }, 10);
    for (const side of [-1, 1]) {
      s.ball(0.13, { at: [side * 0.19, 0.55, -0.15], scale: [1.2, 0.55, 0.9], turn: [0, 0, side * -0.55], ...hair }, 9);
      for (const [i, y] of [0.12, -0.03, -0.17].entries()) s.lump(0.105 - i * 0.018, { at: [side * (0.33 + i * 0.02), y, 0.0], ...hair }, 1, false);
      s.ball(0.035, { at: [side * 0.35, -0.27, 0], color: "#6d8f4e" }, 5);
    }
    const tones = ["#f7f0e2", "#e8607d", "#f2b84b", "#b46fd0"];
    for (let i = 0; i < 9; i++) {
      const a = (i / 9) * Math.PI * 2 + 0.3;
      s.lump(0.066, { at: [Math.sin(a) * 0.31, 0.535 + Math.cos(a) * 0.05, 0.05 + Math.cos(a) * 0.29], color: tones[i % 4]! }, 1);
      s.lump(0.045, { at: [Math.sin(a + 0.35) * 0.32, 0.525 + Math.cos(a + 0.35) * 0.05, 0.05 + Math.cos(a + 0.35) * 0.3], color: "#5d8a45" }, 1);
    }
  },
  body: (s) => {
    const skin = "#f3c9a8";
    legs(s, "#f3e6d2", "#8a5a3c", 0.11);
    garment(s, [[0.46, 0.2], [0.45, 0.26], [0.34, 0.5], [0.23, 0.68], [0.25, 0.82], [0.22, 0.96], [0.12, 1.05]], "cloth-florist", [1, 1, 0.92]);
    s.cylinder(0.07, 0.235, 0.235, { at: [0, 0.68, 0], scale: [1, 1, 0.94], color: "#6d8f4e" }, 16);
    s.lathe([[0.13, 0.94], [0.2, 0.95], [0.17, 1.02], [0.11, 1.06]], { color: "#ffffff", top: "#fff6e8" }, 14);
    for (const side of [-1, 1]) s.ball(0.115, { at: [side * 0.235, 0.9, 0], color: "#f2e8d2" }, 7);
    arm(s, -1, 0.88, { sleeve: "#f2e8d2", cuff: skin, skin, elbow: [-0.4, 0.68, -0.08], hand: [-0.2, 0.66, -0.34], thick: 0.065 });
    arm(s, 1, 0.88, { sleeve: "#f2e8d2", cuff: skin, skin, elbow: [0.41, 0.68, -0.08], hand: [0.2, 0.66, -0.34], thick: 0.065 });
    s.lathe([[0.13, 0.56], [0.2, 0.7], [0.22, 0.72], [0.18, 0.72]], { at: [0, 0, -0.42], color: "#a87c4c", top: "#c79a62" }, 12);
    s.ring(0.2, 0.03, { at: [0, 0.74, -0.42], turn: [0, 0, Math.PI / 2], color: "#a87c4c" }, 14);
    const tones = ["#e8607d", "#f2b84b", "#f7f0e2", "#b46fd0", "#f08a5a"];
    for (let i = 0; i < 9; i++) {
      const a = i * 2.4;
      const r = 0.045 * Math.sqrt(i);
      s.lump(0.07, { at: [Math.cos(a) * r, 0.8 - r * 0.3, -0.42 + Math.sin(a) * r], color: tones[i % 5]! }, 1);
    }
    for (let i = 0; i < 5; i++) s.lump(0.06, { at: [Math.cos(i * 1.3) * 0.17, 0.74, -0.42 + Math.sin(i * 1.3) * 0.15], color: "#5d8a45" }, 1);
  },
};

export interface Character {
  readonly id: string;
  readonly displayName: string;
  readonly figure: Figure;
  readonly at: Triple;
  /** Radians around the upright axis; 0 looks towards -z. */
  readonly heading: number;
  readonly prompt: string;
  /** In the words that the embedded language model was trained on; it reads little else. */
  readonly persona: string;
}

export const characters: readonly Character[] = [
  {
    id: "npc-smith", displayName: "Bruno the Smith", figure: smith, at: [-4.5, 0, -1.1], heading: 0.25,
    prompt: "portrait of a person with a bald head, a beard, serious face, tan skin, brown shirt",
    persona: "You are Bruno, the smith. You sell swords for 12 coins. You are gruff. You like rain.",
  },
  {
    id: "npc-merchant", displayName: "Zahir the Merchant", figure: merchant, at: [4.4, 0, -0.6], heading: -0.35,
    prompt: "portrait of a person with a yellow turban, a moustache, smiling, brown skin, green shirt",
    persona: "You are Zahir, the merchant. You sell lamps for 9 coins. You are polite. You come from Aldmoor.",
  },
  {
    id: "npc-guard", displayName: "Rolf the Guard", figure: guard, at: [-2.2, 0, 2.9], heading: 0.1,
    prompt: "portrait of a person with short brown hair, a moustache, serious face, light skin, red shirt",
    persona: "You are Rolf, the guard. You are proud. The well is behind the inn.",
  },
  {
    id: "npc-sage", displayName: "Orrin the Sage", figure: sage, at: [2.5, 0, 2.7], heading: -0.12,
    prompt: "portrait of a person with long white hair, a beard, glasses, light skin, purple shirt",
    persona: "You are Orrin, the wizard. You are wise. You are 80 years old. You love the stars.",
  },
  {
    id: "npc-florist", displayName: "Mina the Florist", figure: florist, at: [1.55, 0, -3.5], heading: -0.15,
    prompt: "portrait of a person with a red ponytail, smiling, light skin, white shirt",
    persona: "You are Mina, the florist. You sell roses for 3 coins. You are cheerful. You love birds.",
  },
];
