import assert from "node:assert";
import type { Graph, Node, Value } from "./graph.ts";
import { opTable } from "./op-table.ts";
import { add, gate, onesOf } from "./ops.ts";

/**
 * Reverse-mode differentiation: appends the backward pass to the graph and returns ∂loss/∂w for each `wrt` value.
 * Only paths from a `wrt` value to the loss are walked; checkpointed segments are recomputed from their inputs.
 * @param loss a scalar (rank 0) of the graph
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  assert(loss.shape.length === 0, "the loss must be a scalar");
  const walk = new BackwardWalk(loss.graph, wrt);
  walk.accumulate(loss, onesOf(loss, []));
  walk.run(loss.graph.nodes.slice());
  return wrt.map((value) => {
    const gradient = walk.cotangent(value);
    assert(gradient, `the loss does not depend on ${value.name}`);
    return gradient;
  });
}

class BackwardWalk {
  private readonly graph: Graph;
  /** Values that a trainable value leads to. */
  private readonly needed = new Set<Value>();
  private readonly cotangents = new Map<Value, Value>();

  constructor(graph: Graph, wrt: readonly Value[]) {
    this.graph = graph;
    for (const value of wrt) this.needed.add(value);
    for (const node of graph.nodes) this.markNeeded(node);
  }

  private markNeeded(node: Node): void {
    if (opTable[node.op].vjp === "none") return;
    if (node.inputs.some((input) => input && this.needed.has(input)))
      for (const output of node.outputs) this.needed.add(output);
  }

  cotangent(value: Value): Value | undefined {
    return this.cotangents.get(value);
  }

  accumulate(value: Value, cotangent: Value): void {
    const known = this.cotangents.get(value);
    this.cotangents.set(value, known ? add(known, cotangent) : cotangent);
  }

  /** Walks `nodes` from last to first. */
  run(nodes: readonly Node[]): void {
    for (let i = nodes.length - 1; i >= 0; i--) {
      const { segment } = nodes[i]!;
      if (segment === undefined) {
        this.step(nodes[i]!);
        continue;
      }
      let start = i;
      while (start > 0 && nodes[start - 1]!.segment === segment) start--;
      this.runCheckpointed(nodes.slice(start, i + 1));
      i = start;
    }
  }

  private step(node: Node): void {
    const { vjp } = opTable[node.op];
    const cotangents = node.outputs.map((output) => this.cotangents.get(output));
    const g = cotangents.find((cotangent) => cotangent);
    const needs = node.inputs.map((input) => input !== undefined && this.needed.has(input));
    if (!g || vjp === "none" || !needs.includes(true)) return;
    const context = { node, inputs: node.inputs as readonly Value[], outputs: node.outputs, g, cotangents, needs };
    vjp(context).forEach((cotangent, i) => {
      if (cotangent && needs[i]) this.accumulate(node.inputs[i]!, cotangent);
    });
  }

  /**
   * Emits the segment's nodes a second time, from inputs gated on the incoming cotangent (otherwise the runtime would
   * merge the copies with the originals), and walks the copies.
   */
  private runCheckpointed(nodes: readonly Node[]): void {
    const anchor = nodes
      .flatMap((node) => node.outputs)
      .map((output) => this.cotangents.get(output))
      .find((g) => g);
    if (!anchor) return;
    const copies = new Map<Value, Value>();
    const inside = new Set(nodes.flatMap((node) => node.outputs));
    const borders = new Map<Value, Value>();
    const copyOf = (value: Value): Value => {
      if (inside.has(value)) return copies.get(value)!;
      if (this.graph.isInitializer(value) || !value.dtype.startsWith("float") || value.shape.length === 0) return value;
      const known = borders.get(value);
      if (known) return known;
      const gated = gate(value, anchor);
      borders.set(value, gated);
      if (this.needed.has(value)) this.needed.add(gated);
      return gated;
    };
    const copied = nodes.map((node) => {
      const inputs = node.inputs.map((input) => input && copyOf(input));
      const outputs = this.graph.emit(node.op, inputs, node.attributes, node.meta);
      node.outputs.forEach((output, i) => {
        copies.set(output, outputs[i]!);
        const cotangent = this.cotangents.get(output);
        if (cotangent) this.accumulate(outputs[i]!, cotangent);
      });
      const copy = outputs[0]!.node!;
      this.markNeeded(copy);
      return copy;
    });
    this.run(copied);
    for (const [original, gated] of borders) {
      const cotangent = this.cotangents.get(gated);
      if (cotangent) this.accumulate(original, cotangent);
    }
  }
}
