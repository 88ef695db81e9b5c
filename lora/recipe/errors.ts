import { errorTable } from "../format/index.ts";

export const recipeErrors = errorTable({
  RECIPE_ARGUMENT: (name: string, got: string) =>
    `render-data --${name}: expected a whole number of at least 0, got ${got}; give for example --${name} 8000`,
  RECIPE_OUT_MISSING: () => "render-data --out: expected a folder, got nothing; give --out DIR",
  RECIPE_DATA_DIFFERS: (dir: string, expected: string, got: string) =>
    `${dir}: expected data made with ${expected}, got ${got}; choose another folder or delete this one`,
  RECIPE_NO_ATTRIBUTES: (dir: string) =>
    `${dir}: expected portraits with attributes, got none; make the data anew with render-data`,
  UPSCALER_PACKAGE: (got: string, expected: string) =>
    `convert-upscaler --package: expected the unpacked npm package ${expected} with the weights it was published with, got ${got}`,
  MOBILENET_PACKAGE: (got: string, expected: string) =>
    `mobilenet-convert --package: expected the unpacked npm package ${expected} as it was published, got ${got}; see the head of the script`,
  FACE_PACKAGE: (name: string, expected: string, got: string) =>
    `face weights of ${name}: expected ${expected}, got ${got}; check the connection to your npm registry and try again`,
  IDENTITY_ARGUMENT: (name: string, expected: string, got: string) =>
    `measure-identity --${name}: expected ${expected}, got ${got}`,
  SHEET_OUT_MISSING: () =>
    "draw-sheet: expected a file to draw into, got none; give --out sheet.webp, --tiled tiled.webp or both",
  MEASURE_PICTURES: (got: string) =>
    `measure-base --pictures: expected a whole number of at least 2, got ${got}; give for example --pictures 100`,
});
