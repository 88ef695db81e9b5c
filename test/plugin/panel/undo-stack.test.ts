import assert from "node:assert/strict";
import { UndoStack } from "../../../plugin/panel/undo-stack.ts";

function counter(stack: UndoStack) {
  const state = { value: 0 };
  const add = (by: number): void => {
    state.value += by;
    stack.register({
      label: `add ${by}`,
      undo: () => void (state.value -= by),
      redo: () => void (state.value += by),
    });
  };
  return { state, add };
}

describe("panel: undo stack", () => {
  it("takes steps back and forth in order", async () => {
    const stack = new UndoStack();
    const { state, add } = counter(stack);
    add(1);
    add(10);
    assert.equal(stack.undoLabel, "add 10");
    await stack.undo();
    assert.equal(state.value, 1);
    assert.equal(stack.redoLabel, "add 10");
    await stack.undo();
    await stack.undo();
    assert.equal(state.value, 0);
    await stack.redo();
    await stack.redo();
    assert.equal(state.value, 11);
    assert.equal(stack.redoLabel, undefined);
  });

  it("a new step forgets what was taken back", async () => {
    const stack = new UndoStack();
    const { add } = counter(stack);
    add(1);
    await stack.undo();
    add(2);
    assert.equal(stack.redoLabel, undefined);
    assert.equal(stack.undoLabel, "add 2");
  });

  it("two quick presses take two steps back, though each takes a while", async () => {
    const stack = new UndoStack();
    const done: string[] = [];
    for (const label of ["first", "second"]) {
      stack.register({
        label,
        undo: async () => {
          await new Promise((resolve) => setTimeout(resolve, 5));
          done.push(label);
        },
        redo: () => {},
      });
    }
    await Promise.all([stack.undo(), stack.undo()]);
    assert.deepEqual(done, ["second", "first"]);
  });

  it("a step that fails stays, says so, and the next press tries it again", async () => {
    const stack = new UndoStack();
    let fails = true;
    stack.register({
      label: "x",
      undo: () => {
        if (fails) throw new Error("offline");
      },
      redo: () => {},
    });
    await assert.rejects(stack.undo(), /offline/);
    assert.equal(stack.undoLabel, "x");
    fails = false;
    await stack.undo();
    assert.equal(stack.redoLabel, "x");
  });

  it("tells listeners until they leave, and forgets the oldest of very many", async () => {
    const stack = new UndoStack();
    const { state, add } = counter(stack);
    let told = 0;
    const leave = stack.subscribe(() => told++);
    for (let i = 0; i < 250; i++) add(1);
    assert.equal(told, 250);
    leave();
    for (let i = 0; i < 300; i++) await stack.undo();
    assert.equal(told, 250);
    assert.equal(state.value, 50);
  });
});
