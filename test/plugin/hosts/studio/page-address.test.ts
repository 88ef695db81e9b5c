import assert from "node:assert/strict";
import { playerAddress, readAddress } from "../../../../plugin/hosts/studio/page-address.ts";

describe("studio: page address", () => {
  it("an address without words is the editor's page of the square", () => {
    assert.deepEqual(readAddress("", ""), { sceneId: "square", role: "editor", name: undefined, token: undefined });
  });

  it("says scene, role, name, and a token that no server sees", () => {
    assert.deepEqual(readAddress("?scene=harbour&role=player&name=%20Ada", "#token=abc"), {
      sceneId: "harbour",
      role: "player",
      name: "Ada",
      token: "abc",
    });
    assert.equal(readAddress(playerAddress("harbour").slice(1), "").role, "player");
  });

  it("a scene is a name, never a path; a role that is none of ours is the editor's, which the service decides", () => {
    assert.equal(readAddress("?scene=../../etc", "").sceneId, "square");
    assert.equal(readAddress("?role=admin", "").role, "editor");
  });
});
