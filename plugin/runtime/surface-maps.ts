/** How a texture's maps get into a material of Babylon's, and how the author's own come back. */
import type { Material } from "@babylonjs/core/Materials/material.js";
import type { BaseTexture } from "@babylonjs/core/Materials/Textures/baseTexture.js";
import type { Scene } from "@babylonjs/core/scene.js";
import type { MapKind } from "../../service/protocol/index.ts";

export type MapTextures = Readonly<Record<MapKind, BaseTexture>>;

/** Which way the axes of a normal map must be turned: see `turned`. */
interface Turned {
  readonly invertNormalMapX: boolean;
  readonly invertNormalMapY: boolean;
}
type Settings = Readonly<Record<string, unknown>>;
type Changing = Material & Record<string, unknown>;

interface Places {
  /** The property that tells this kind of material. */
  readonly kind: string;
  readonly settings: (maps: MapTextures) => Settings;
}

/** Standard materials know no roughness. PBR's comes from the green of its metallic texture, and its factor is then 1. */
const places: readonly Places[] = [
  {
    kind: "albedoTexture",
    settings: ({ normal, roughness, occlusion }) => ({
      bumpTexture: normal,
      metallicTexture: roughness,
      ambientTexture: occlusion,
      roughness: 1,
      useRoughnessFromMetallicTextureAlpha: false,
      useRoughnessFromMetallicTextureGreen: true,
      useMetallnessFromMetallicTextureBlue: false,
      useAmbientOcclusionFromMetallicTextureRed: false,
      useAmbientInGrayScale: true,
      // Hollows are dark under lamps too: many a world has no sky that lights it.
      ambientTextureImpactOnAnalyticalLights: 1,
    }),
  },
  {
    kind: "baseTexture",
    settings: ({ normal, roughness, occlusion }) => ({
      normalTexture: normal,
      metallicRoughnessTexture: roughness,
      occlusionTexture: occlusion,
      roughness: 1,
    }),
  },
  {
    kind: "diffuseTexture",
    settings: ({ normal, occlusion }) => ({ bumpTexture: normal, ambientTexture: occlusion }),
  },
];

/**
 * Our normal maps are glTF's: red to the right of the picture, green up. Babylon in its left-handed world takes both the
 * other way, and green turns with a picture that is loaded upside down.
 */
function turned(normal: BaseTexture, { useRightHandedSystem: isRightHanded }: Scene): Turned {
  const isUpright = (normal as BaseTexture & { readonly invertY?: boolean }).invertY !== false;
  return { invertNormalMapX: !isRightHanded, invertNormalMapY: isUpright ? !isRightHanded : isRightHanded };
}

/** The relief of one material: with the first map it is compiled anew, beside the running scene. */
export class Surface {
  readonly #material: Changing;
  readonly #places: Places | undefined;
  #own: Settings | undefined;

  constructor(material: Material) {
    this.#material = material as Changing;
    this.#places = places.find(({ kind }) => kind in material);
  }

  /** Shows maps or, with undefined, what the scene's author put there. */
  show(maps: MapTextures | undefined): void {
    if (this.#places === undefined) return;
    if (maps === undefined) {
      Object.assign(this.#material, this.#own);
      this.#own = undefined;
      return;
    }
    const settings = { ...this.#places.settings(maps), ...turned(maps.normal, this.#material.getScene()) };
    this.#own ??= Object.fromEntries(Object.keys(settings).map((name) => [name, this.#material[name]]));
    Object.assign(this.#material, settings);
    // A material that said neither how metallic nor how rough it is would take the specular workflow, without roughness.
    if ("metallic" in this.#material && this.#material["metallic"] === null) {
      this.#own = { ...this.#own, metallic: null };
      this.#material["metallic"] = 0;
    }
  }
}
