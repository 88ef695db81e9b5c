export { attention, scaledDotProduct, type AttentionLayer } from "./attention.ts";
export { conv2d, groupNorm, layerNorm, linear, product, type ConvLayer } from "./layers.ts";
export { resnetBlock, type ResnetLayer } from "./resnet-block.ts";
export { Scope, type AdapterSite, type Borders, type LayerAdapter, type ParameterSource } from "./scope.ts";
export { transformerBlock, type TransformerLayer } from "./transformer-block.ts";
