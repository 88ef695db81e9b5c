/** Geometry of the loss chart: pure, so that it can be tested without a browser. */
export interface Point {
  /** Step. */
  readonly x: number;
  /** Loss. */
  readonly y: number;
}

/** Pairs the two arrays of the room state; they may differ in length for the moment of a patch. */
export function pointsOf(steps: ArrayLike<number>, values: ArrayLike<number>): Point[] {
  const points: Point[] = [];
  for (let i = 0; i < Math.min(steps.length, values.length); i++) {
    const point = { x: steps[i]!, y: values[i]! };
    if (Number.isFinite(point.x) && Number.isFinite(point.y)) points.push(point);
  }
  return points;
}

/**
 * At most about `pointsMax` of the points: of each stretch the lowest and the highest, so that peaks stay visible, and
 * always the first and the last.
 */
export function thin(points: readonly Point[], pointsMax: number): Point[] {
  if (points.length <= Math.max(4, pointsMax)) return [...points];
  const stretches = Math.max(1, Math.floor((pointsMax - 2) / 2));
  const inner = points.slice(1, -1);
  const kept: Point[] = [points[0]!];
  for (let s = 0; s < stretches; s++) {
    const stretch = inner.slice(
      Math.floor((s * inner.length) / stretches),
      Math.floor(((s + 1) * inner.length) / stretches),
    );
    if (stretch.length === 0) continue;
    const low = stretch.reduce((best, point) => (point.y < best.y ? point : best));
    const high = stretch.reduce((best, point) => (point.y > best.y ? point : best));
    if (low === high) kept.push(low);
    else kept.push(...(low.x < high.x ? [low, high] : [high, low]));
  }
  kept.push(points.at(-1)!);
  return kept;
}

/** Round numbers from `low` to `high`, about `countMax`. */
export function ticks(low: number, high: number, countMax: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, countMax);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough * (1 - 1e-9))!;
  const list: number[] = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++)
    list.push(Number((n * step).toPrecision(12)));
  return list;
}

export interface Frame {
  readonly xMax: number;
  readonly yMin: number;
  readonly yMax: number;
}

/** What the axes span. The first tenth of a run can be far above the rest: it may leave the top, not squash what follows. */
export function frameOf(curves: readonly (readonly Point[])[], steps: number): Frame {
  const all = curves.flat();
  const xMax = Math.max(steps, 1, ...all.map(({ x }) => x));
  if (all.length === 0) return { xMax, yMin: 0, yMax: 1 };
  const settled = all.filter(({ x }) => x >= xMax / 10);
  const counted = (settled.length >= 2 ? settled : all).map(({ y }) => y);
  const low = Math.min(...counted);
  const high = Math.max(...counted);
  const room = Math.max((high - low) * 0.12, Math.abs(high) * 0.02, 1e-6);
  return { xMax, yMin: Math.max(0, low - room), yMax: high + room };
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Pixel of a point; values above the frame stay at its top. */
export function place({ x, y }: Point, frame: Frame, box: Box): { readonly px: number; readonly py: number } {
  const share = (Math.min(y, frame.yMax) - frame.yMin) / (frame.yMax - frame.yMin || 1);
  return {
    px: box.left + (x / frame.xMax) * box.width,
    py: box.top + (1 - share) * box.height,
  };
}

/** SVG path data of a curve. */
export function pathOf(points: readonly Point[], frame: Frame, box: Box): string {
  return points
    .map((point, index) => {
      const { px, py } = place(point, frame, box);
      return `${index === 0 ? "M" : "L"}${px.toFixed(1)} ${py.toFixed(1)}`;
    })
    .join("");
}

/** The point nearest to a step; undefined without points. Points are in order of their steps. */
export function nearest(points: readonly Point[], step: number): Point | undefined {
  // A step beyond the end, infinity too, means the last.
  const wanted = Math.min(step, points.at(-1)?.x ?? 0);
  let best: Point | undefined;
  for (const point of points) {
    if (best === undefined || Math.abs(point.x - wanted) < Math.abs(best.x - wanted)) best = point;
  }
  return best;
}
