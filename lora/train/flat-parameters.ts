import type { HostTensor } from "../runtime/index.ts";
import { adamWState, type AdamWState } from "./adamw.ts";

/**
 * All trainable tensors in one flat array, and one more for their gradients and for each moment: the optimiser is then one
 * loop, clipping one norm, a checkpoint four arrays. Tensors are views, so the runtime writes gradients in place.
 */
export class FlatParameters {
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly weights: Float32Array<ArrayBuffer>;
  readonly gradients: Float32Array<ArrayBuffer>;
  readonly moments: AdamWState;

  constructor(shapes: ReadonlyMap<string, readonly number[]>) {
    this.shapes = shapes;
    const size = [...shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
    this.weights = new Float32Array(size);
    this.gradients = new Float32Array(size);
    this.moments = adamWState(size);
  }

  get size(): number {
    return this.weights.length;
  }

  /** Named views into a flat array laid out as the weights are. */
  views(flat: Float32Array): Map<string, HostTensor & { readonly data: Float32Array }> {
    const views = new Map<string, HostTensor & { readonly data: Float32Array }>();
    let offset = 0;
    for (const [name, dims] of this.shapes) {
      const size = sizeOf(dims);
      views.set(name, { data: flat.subarray(offset, offset + size), dims });
      offset += size;
    }
    return views;
  }

  /** Where the tensors whose name `isIn` accepts lie; they must be neighbours. */
  range(isIn: (name: string) => boolean): { from: number; to: number } {
    let offset = 0;
    let [from, to] = [0, 0];
    for (const [name, dims] of this.shapes) {
      if (isIn(name)) {
        if (from === to) from = offset;
        to = offset + sizeOf(dims);
      }
      offset += sizeOf(dims);
    }
    return { from, to };
  }
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
