import { join, parse } from "node:path";
import { defineCommand } from "citty";
import sharp from "sharp";
import { readPicture } from "../../data/index.ts";
import { makeFolder, writeFileAtomic } from "../../format/index.ts";
import { heightFromRgb, normalMap, occlusionMap, roughnessMap } from "../../image/index.ts";
import { numberOption } from "../command-line.ts";

/** The largest texture that graphics cards take is 16384 pixels wide; at a quarter of that area maps need some 2 GB. */
const PIXELS_MAX = 8192 ** 2;

export const mapsCommand = defineCommand({
  meta: { name: "maps", description: "Normal, roughness and ambient-occlusion maps from a seamless texture" },
  args: {
    texture: { type: "positional", description: "Picture of the surface", required: true },
    normal: { type: "string", description: "Strength of the relief, 0 to 10 (1)" },
    roughness: { type: "string", description: "Mean roughness, 0 to 1 (0.5)" },
    occlusion: { type: "string", description: "Strength of the shade in hollows, 0 to 10 (1)" },
    invert: { type: "boolean", description: "Dark is high: for bright joints between dark tiles" },
    output: { type: "string", description: "Folder for the maps (the texture's own)" },
  },
  async run({ args }) {
    const strength = (option: "normal" | "occlusion"): number =>
      numberOption(option, args[option], { least: 0, most: 10, isWhole: false, example: 1 }) ?? 1;
    const [normal, occlusion] = [strength("normal"), strength("occlusion")];
    const roughness =
      numberOption("roughness", args.roughness, { least: 0, most: 1, isWhole: false, example: 0.5 }) ?? 0.5;
    const { rgb, width, height } = await readPicture(args.texture, PIXELS_MAX);
    const field = heightFromRgb(rgb, width, height, args.invert === true);
    const { dir, name } = parse(args.texture);
    const folder = args.output ?? dir;
    if (args.output !== undefined) makeFolder(folder);
    const maps = [
      ["normal", 3, normalMap(field, normal)],
      ["roughness", 1, roughnessMap(field, roughness)],
      ["occlusion", 1, occlusionMap(field, occlusion)],
    ] as const;
    for (const [kind, channels, bytes] of maps) {
      const path = join(folder, `${name}-${kind}.png`);
      const raw = { width, height, channels };
      writeFileAtomic(path, await sharp(bytes, { raw }).png().toBuffer());
      process.stdout.write(`${path}\n`);
    }
  },
});
