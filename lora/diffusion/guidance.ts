/**
 * Classifier-free guidance (Ho & Salimans 2022): unconditional + guidanceScale · (conditional − unconditional).
 * Flat float32 of any shape, both alike.
 */
export function combineGuidance(
  unconditional: Float32Array,
  conditional: Float32Array,
  guidanceScale: number,
): Float32Array {
  if (unconditional.length !== conditional.length) throw new RangeError("guidance: array lengths differ");
  return unconditional.map((value, i) => value + guidanceScale * (conditional[i]! - value));
}

/**
 * Guidance rescale (Lin et al. 2023, eq. 14–16): each row of `guided` [rows, …] takes on the deviation of the conditional
 * row, and the result is mixed in by `amount` in [0, 1]. Cures the overexposure of strong guidance with v-prediction.
 */
export function rescaleGuidance(
  guided: Float32Array,
  conditional: Float32Array,
  amount: number,
  rows = 1,
): Float32Array {
  if (guided.length !== conditional.length || guided.length % rows !== 0) {
    throw new RangeError(
      `guidance: expected two arrays of ${rows} rows, got ${guided.length} and ${conditional.length}`,
    );
  }
  const rowLength = guided.length / rows;
  const rescaled = new Float32Array(guided.length);
  for (let start = 0; start < guided.length; start += rowLength) {
    const end = start + rowLength;
    const deviation = standardDeviation(guided.subarray(start, end));
    const ratio = deviation > 0 ? standardDeviation(conditional.subarray(start, end)) / deviation : 1;
    const factor = amount * ratio + 1 - amount;
    for (let i = start; i < end; i++) rescaled[i] = guided[i]! * factor;
  }
  return rescaled;
}

function standardDeviation(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / values.length);
}
