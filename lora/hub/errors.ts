import { errorTable } from "../format/index.ts";

/** The input errors of fetching models. Arguments are named in the order they appear in the message. */
export const hubErrors = errorTable({
  HUB_NAME: (got: string) =>
    `model: expected ORG/NAME as the hub shows it, got "${got}"; write for example HuggingFaceTB/SmolLM2-135M-Instruct`,
  HUB_ENDPOINT: (got: string) =>
    `HF_ENDPOINT: expected an address that begins with https:// or http://, got "${got}"; write for example https://huggingface.co`,
  HUB_UNREACHABLE: (url: string, reason: string) =>
    `${url}: expected an answer, got ${reason}; check the network, or name another hub with HF_ENDPOINT. What was fetched is kept: run the same command again`,
  HUB_MODEL_UNKNOWN: (model: string, hub: string) =>
    `${model}: expected a model on ${hub}, got none of that name or a private one; check the name, or give a token with HF_TOKEN`,
  HUB_MODEL_GATED: (model: string, hub: string) =>
    `${model}: expected to be let in by ${hub}, got refused; accept the model's conditions on its page, then give your token with HF_TOKEN`,
  HUB_STATUS: (url: string, got: number) =>
    `${url}: expected the file, got status ${got}; try again later. What was fetched is kept`,
  HUB_ANSWER: (url: string, expected: string) =>
    `${url}: expected ${expected}, got something else; check HF_ENDPOINT, it must name a Hugging Face-compatible hub`,
  HUB_NO_WEIGHTS: (model: string, got: string, remedy: string) =>
    `${model}: expected weights as .safetensors, got ${got}; ${remedy}`,
  HUB_FILE_UNKNOWN: (model: string, file: string, near: string) =>
    `${model}: expected a file ${file}, got none${near}; see the model's page for its files`,
  HUB_HASH: (file: string, expected: string, got: string) =>
    `${file}: expected the hash ${expected}, got ${got}; what was fetched is not what the hub has and was removed, run the same command again`,
});
