/** A curve of at most so many points, whatever the length of the run: when it is full, every other point goes. */
export interface Curve {
  steps: number[];
  values: number[];
}

/**
 * Adds a point, unless it is nearer to the last one than the points now lie; that distance doubles each time the curve is
 * full. A step that was seen before begins the rest anew: the run went on from a checkpoint.
 */
export function addPoint(curve: Curve, step: number, value: number, pointsMax: number): void {
  if (step <= (curve.steps.at(-1) ?? 0)) cutAfter(curve, step - 1);
  if (step - (curve.steps.at(-1) ?? -Infinity) < distanceOf(curve)) return;
  curve.steps.push(step);
  curve.values.push(value);
  if (curve.steps.length > pointsMax) {
    curve.steps = curve.steps.filter((_, i) => i % 2 === 0);
    curve.values = curve.values.filter((_, i) => i % 2 === 0);
  }
}

/** Steps between its last two points. */
function distanceOf({ steps }: Curve): number {
  const [before, last] = steps.slice(-2);
  return before === undefined || last === undefined ? 0 : last - before;
}

/** Forgets what lies after a step. */
export function cutAfter(curve: Curve, step: number): void {
  const kept = curve.steps.filter((each) => each <= step).length;
  curve.steps = curve.steps.slice(0, kept);
  curve.values = curve.values.slice(0, kept);
}
