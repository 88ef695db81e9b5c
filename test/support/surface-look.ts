import type { Page } from "playwright-core";

export interface SurfaceLook {
  readonly version: number;
  readonly sha256: string;
  readonly normal: string;
  /** Names of the colour textures of all its materials. */
  readonly colours: string;
  /** Names of the textures of all its materials, maps among them. */
  readonly textures: string;
}

/** What the room says of a surface, and what its materials show. */
export function surfaceLook(page: Page, nodeId: string): Promise<SurfaceLook> {
  return page.evaluate((id) => {
    interface Node {
      readonly material?: Record<string, { readonly name?: string } | undefined>;
      getChildMeshes(): Node[];
    }
    interface Slot {
      readonly version: number;
      readonly sha256: string;
      readonly normal: string;
    }
    const { world } = (
      globalThis as unknown as {
        animula: { world: { connection: { state: { slots: Map<string, Slot> } }; node(id: string): Node } };
      }
    ).animula;
    const none = { version: 0, sha256: "", normal: "" };
    const { version, sha256, normal } = world.connection.state.slots.get(`${id}/albedo`) ?? none;
    const materials = [world.node(id), ...world.node(id).getChildMeshes()].map(({ material }) => material);
    const named = (key: string) => materials.map((material) => material?.[key]?.name ?? "");
    const colours = [...named("albedoTexture"), ...named("diffuseTexture")];
    const maps = ["bumpTexture", "metallicTexture", "ambientTexture"].flatMap(named);
    return { version, sha256, normal, colours: colours.join(" "), textures: [...colours, ...maps].join(" ") };
  }, nodeId);
}
