import { blocks, cloud, paint, ramp, smooth, valueNoise, voronoi, type Pattern } from "./texture-noise.ts";

export type MoreTextureKind =
  | "cobblestone"
  | "marble"
  | "snow"
  | "ice"
  | "bark"
  | "roof tiles"
  | "circuits"
  | "leather"
  | "gravel"
  | "concrete"
  | "moss"
  | "parquet"
  | "checkered floor"
  | "knitted wool";

const fraction = (x: number): number => x - Math.floor(x);

/** Round stones, lighter at their tops, deep between. */
const cobblestone: Pattern = (palette, density, random, side) => {
  const cells = voronoi(random, 3 + 2 * density, 0.6);
  const grain = cloud(random, 12);
  return paint(palette, side, (u, v) => {
    const { edge, id } = cells(u, v);
    return ramp(0.02, 0.55, edge) * (0.8 + 0.35 * id) + 0.3 * (grain(u, v) - 0.5);
  });
};

/** Thin veins along the zero lines of warped noise. */
const marble: Pattern = (palette, density, random, side) => {
  const veins = cloud(random, 1 + density);
  const fine = cloud(random, 3 * density);
  const tint = cloud(random, 2);
  return paint(palette, side, (u, v) => {
    const broad = 1 - ramp(0, 0.035, Math.abs(veins(u, v) - 0.5));
    const thin = 1 - ramp(0, 0.022, Math.abs(fine(u, v) - 0.5));
    return 0.82 + 0.25 * tint(u, v) - 0.75 * broad - 0.35 * thin;
  });
};

/** Soft drifts with a few glints. */
const snow: Pattern = (palette, density, random, side) => {
  const drifts = cloud(random, 1 + density);
  const glints = valueNoise(random, side / 2, side / 2);
  return paint(
    palette,
    side,
    (u, v) => 1.6 * drifts(u, v) - 0.1 + 0.5 * (glints(u, v) - 0.5) + 1.2 * ramp(0.93, 1, glints(u, v)),
  );
};

/** A cloudy sheet crossed by straight pale cracks. */
const ice: Pattern = (palette, density, random, side) => {
  const cracks = voronoi(random, 1 + density, 1);
  const hair = voronoi(random, 2 + 2 * density, 1);
  const depth = cloud(random, 3);
  return paint(palette, side, (u, v) => {
    const broad = 1 - ramp(0, 0.05, cracks(u, v).edge);
    const thin = 1 - ramp(0, 0.06, hair(u, v).edge);
    return 0.6 + 0.75 * depth(u, v) - 0.7 * broad - 0.3 * thin;
  });
};

/** Ridges that run upwards, split by dark furrows. */
const bark: Pattern = (palette, density, random, side) => {
  const ridges = 5 * density;
  const warp = cloud(random, 3 * density, 2);
  const breaks = cloud(random, 8 * density, 3);
  const fibre = valueNoise(random, side / 2, 12);
  return paint(palette, side, (u, v) => {
    const across = Math.abs(Math.sin(Math.PI * (ridges * u + 2.4 * warp(u, v))));
    return smooth(across) * (0.55 + 0.6 * breaks(u, v)) + 0.3 * (fibre(u, v) - 0.5) + 0.05;
  });
};

/** Rows of round-ended tiles, each row over the one below. */
const roofTiles: Pattern = (palette, density, random, side) => {
  const count = 4 * density;
  const rows = 4 * density;
  const ids = Array.from({ length: count * rows }, () => random.unit());
  const grain = cloud(random, 12);
  return paint(palette, side, (u, v) => {
    const at = (row: number): { depth: number; x: number; id: number } => {
      const wrapped = ((row % rows) + rows) % rows;
      const x = u * count + (wrapped % 2) * 0.5;
      return { depth: v * rows - row, x: fraction(x) - 0.5, id: ids[wrapped * count + (Math.floor(x) % count)]! };
    };
    const row = Math.floor(v * rows);
    const upper = at(row - 1);
    const end = 1 + 0.55 * Math.sqrt(Math.max(0, 1 - 4 * upper.x * upper.x));
    const isUpper = upper.depth < end;
    const tile = isUpper ? upper : at(row);
    const rim = isUpper ? ramp(0, 0.1, end - upper.depth) : ramp(0, 0.35, upper.depth - end);
    const gap = ramp(0.44, 0.5, Math.abs(tile.x));
    return rim * (1 - 0.7 * gap) * (0.75 + 0.25 * tile.id + 0.2 * (grain(u, v) - 0.5)) + 0.05;
  });
};

/** Traces on a grid that turn at right angles and end in pads, and a few chips. */
const circuits: Pattern = (palette, density, random, side) => {
  const shade = new Float64Array(side * side).fill(0.08);
  const cells = 8 * density;
  const pitch = side / cells;
  const wrap = (i: number): number => ((Math.round(i) % side) + side) % side;
  const dot = (x: number, y: number, radius: number, value: number): void => {
    for (let dy = -Math.ceil(radius); dy <= radius; dy++)
      for (let dx = -Math.ceil(radius); dx <= radius; dx++)
        if (Math.hypot(dx, dy) <= radius + 0.2) shade[wrap(y + dy) * side + wrap(x + dx)] = value;
  };
  const directions = [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ] as const;
  const width = 0.09 * pitch;
  for (let trace = 0; trace < (cells * cells) / 5; trace++) {
    let [x, y] = [random.integer(cells), random.integer(cells)];
    let turn = random.integer(4);
    dot(x * pitch, y * pitch, 2.4 * width, 1.15);
    for (let leg = 0; leg < 3; leg++) {
      const [dx, dy] = directions[turn]!;
      const steps = 1 + random.integer(3);
      for (let t = 0; t <= steps * pitch; t++) dot(x * pitch + dx * t, y * pitch + dy * t, width, 0.85);
      [x, y] = [x + dx * steps, y + dy * steps];
      turn = (turn + (random.chance(0.5) ? 1 : 3)) % 4;
    }
    dot(x * pitch, y * pitch, 2.4 * width, 1.15);
  }
  for (let chip = 0; chip < 2 * density; chip++) {
    const [x0, y0] = [random.integer(cells) * pitch, random.integer(cells) * pitch];
    const [w, h] = [(1.2 + random.unit()) * pitch, (0.8 + random.unit()) * pitch];
    for (let y = -1; y <= h + 1; y++)
      for (let x = -3; x <= w + 3; x++) {
        const isBody = x >= 0 && x <= w && y >= 0 && y <= h;
        if (isBody || (y >= 0 && y <= h && Math.floor(y) % 4 < 2))
          shade[wrap(y0 + y) * side + wrap(x0 + x)] = isBody ? -0.3 : 1.3;
      }
  }
  return paint(palette, side, (u, v) => shade[Math.floor(v * side) * side + Math.floor(u * side)] ?? 0);
};

/** Small wrinkled cells with soft creases. */
const leather: Pattern = (palette, density, random, side) => {
  const cells = voronoi(random, 5 + 4 * density, 0.95);
  const warp = cloud(random, 6);
  const tone = cloud(random, 2);
  return paint(palette, side, (u, v) => {
    const { edge, id } = cells(u + 0.02 * (warp(u, v) - 0.5), v);
    return (0.35 + 0.6 * ramp(0, 0.3, edge)) * (0.75 + 0.15 * id + 0.4 * tone(u, v));
  });
};

/** Small stones of different tones, strewn. */
const gravel: Pattern = (palette, density, random, side) => {
  const cells = voronoi(random, 7 + 5 * density, 1);
  const grain = valueNoise(random, side / 2, side / 2);
  return paint(palette, side, (u, v) => {
    const { edge, id } = cells(u, v);
    return ramp(0, 0.3, edge) * (0.35 + 0.85 * id) + 0.15 * (grain(u, v) - 0.5);
  });
};

/** Even, with pores and faint stains. */
const concrete: Pattern = (palette, density, random, side) => {
  const stains = cloud(random, 1 + density);
  const grain = valueNoise(random, side / 2, side / 2);
  const pores = valueNoise(random, 12 + 8 * density, 12 + 8 * density);
  return paint(palette, side, (u, v) => {
    const pore = ramp(0.88, 0.97, pores(u, v));
    return 0.45 + 0.8 * stains(u, v) + 0.3 * (grain(u, v) - 0.5) - 0.6 * pore;
  });
};

/** Clumps of tiny cushions. */
const moss: Pattern = (palette, density, random, side) => {
  const clumps = cloud(random, 2 + density);
  const tufts = voronoi(random, 8 + 4 * density, 1);
  const grain = valueNoise(random, side / 2, side / 2);
  return paint(palette, side, (u, v) => {
    const { edge, id } = tufts(u, v);
    return 1.1 * clumps(u, v) * (0.5 + 0.6 * ramp(0, 0.5, edge)) + 0.25 * id + 0.5 * (grain(u, v) - 0.5);
  });
};

/** Squares of four parallel slats, turned by a right angle from square to square. */
const parquet: Pattern = (palette, density, random, side) => {
  const squares = 2 * density;
  const slats = 4;
  const ids = Array.from({ length: squares * squares * slats }, () => random.unit());
  const grain = [valueNoise(random, 8, side / 2), valueNoise(random, side / 2, 8)] as const;
  return paint(palette, side, (u, v) => {
    const [i, j] = [Math.floor(u * squares), Math.floor(v * squares)];
    const isTurned = (i + j) % 2 === 1;
    const [x, y] = [fraction(u * squares), fraction(v * squares)];
    const [along, across] = isTurned ? [y, x] : [x, y];
    const slat = Math.floor(across * slats);
    const inside = fraction(across * slats);
    const edge = Math.min(inside / slats, (1 - inside) / slats, along, 1 - along);
    const id = ids[(j * squares + i) * slats + slat]!;
    return ramp(0.004, 0.03, edge) * (0.6 + 0.35 * id + 0.3 * (grain[isTurned ? 1 : 0](u, v) - 0.5));
  });
};

/** Two colours of polished squares; they begin anywhere, so that the picture's border is mostly inside one. */
const checkeredFloor: Pattern = (palette, density, random, side) => {
  const count = 2 * density;
  const [left, top] = [random.unit(), random.unit()];
  const veins = cloud(random, 2 + density);
  const grid = blocks(random, count, count, 0);
  return paint(palette, side, (u, v) => {
    const [x, y] = [fraction(u + left), fraction(v + top)];
    const isLight = (Math.floor(x * count) + Math.floor(y * count)) % 2 === 0;
    const vein = 0.14 * (1 - ramp(0, 0.05, Math.abs(veins(u, v) - 0.5)));
    const joint = 1 - ramp(0.002, 0.008, grid(x, y).edge);
    return (isLight ? 0.98 - vein : vein) - (isLight ? 0.4 : -0.25) * joint;
  });
};

/** Columns of V-shaped stitches. */
const knittedWool: Pattern = (palette, density, random, side) => {
  const columns = 4 * density;
  const rows = 6 * density;
  const fibre = valueNoise(random, side / 2, side / 2);
  const tone = cloud(random, 3);
  return paint(palette, side, (u, v) => {
    const x = fraction(u * columns) - 0.5;
    const y = fraction(v * rows + 1.1 * Math.abs(x));
    const strand = Math.sin(Math.PI * y) * ramp(0, 0.1, Math.abs(x)) * (1 - ramp(0.4, 0.52, Math.abs(x)));
    return 0.1 + 0.9 * strand + 0.3 * (fibre(u, v) - 0.5) + 0.2 * (tone(u, v) - 0.5);
  });
};

export const moreTexturePatterns: Readonly<Record<MoreTextureKind, Pattern>> = {
  cobblestone,
  marble,
  snow,
  ice,
  bark,
  "roof tiles": roofTiles,
  circuits,
  leather,
  gravel,
  concrete,
  moss,
  parquet,
  "checkered floor": checkeredFloor,
  "knitted wool": knittedWool,
};
