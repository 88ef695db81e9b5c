import Mocha from "mocha";

/**
 * mocha's `spec` report, closed by one line alone that a build server can read: "12 passed, 0 failed, 1 skipped".
 * mocha loads a reporter by its default export.
 */
export default class ClosingLineReporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    console.log(`${passes} passed, ${failures} failed${pending > 0 ? `, ${pending} skipped` : ""}`);
  }
}
