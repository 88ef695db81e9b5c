"""Golden values of Stable Diffusion, from diffusers, transformers and PEFT, on the models of tiny.py.

Run:  python test/golden/sd/make.py     (versions: test/golden/requirements.txt; about a minute)
Writes tiny/, tiny-v2/, goldens.safetensors, goldens-v2.safetensors, full-gradients.safetensors and foreign/.
README.md lists the tensors. All is computed in float64 from fp16-representable weights and inputs, and rounded to float32.
"""

import torch
import torch.nn.functional as F
from diffusers import DDIMScheduler, DDPMScheduler, EulerDiscreteScheduler
from safetensors.torch import save_file
from transformers import CLIPTokenizer

import lora
from tiny import HERE, NOISE, VARIANTS, build, canonical_text_name, scheduler_config, write_folder

torch.set_num_threads(1)
GUIDANCE = 7.5
STEPS = 10
PROMPTS = ["a portrait of an old woman, painted in warm evening light", ""]


def draws(seed):
    generator = torch.Generator().manual_seed(seed)
    return lambda *shape: torch.randn(shape, generator=generator).half().double()


def text_goldens(out, models, variant):
    tokenizer = CLIPTokenizer.from_pretrained(HERE / variant / "tokenizer")
    ids = torch.tensor(tokenizer(PROMPTS, padding="max_length", truncation=True, max_length=77).input_ids)
    result = models["text_encoder"](ids, output_hidden_states=True)
    final_norm = getattr(models["text_encoder"], "text_model", models["text_encoder"]).final_layer_norm
    out["text/ids"] = ids
    out["text/last"] = result.last_hidden_state
    out["text/penultimate"] = final_norm(result.hidden_states[-2])
    return ids, result.last_hidden_state


def unet_goldens(out, unet, embeddings):
    draw = draws(1)
    for label, shape, timesteps in (("unet16x16", (2, 4, 16, 16), [10, 901]), ("unet8x24", (2, 4, 8, 24), [0, 500])):
        latents, times = draw(*shape), torch.tensor(timesteps)
        out[f"{label}/latents"], out[f"{label}/timesteps"] = latents, times
        out[f"{label}/embeddings"] = embeddings
        out[f"{label}/output"] = unet(latents, times, embeddings).sample


def vae_goldens(out, vae):
    generator = torch.Generator().manual_seed(2)
    image = (torch.rand(2, 3, 32, 48, generator=generator) * 2 - 1).half().double()
    moments = vae.encode(image).latent_dist
    latents = draws(3)(2, 4, 4, 6)
    out.update({"vae/image": image, "vae/mean": moments.mean, "vae/logvar": moments.logvar, "vae/latents": latents, "vae/decoded": vae.decode(latents).sample})


def trajectory(out, label, scheduler, unet, noise, cond, uncond):
    scheduler.set_timesteps(STEPS)
    latents = noise * scheduler.init_noise_sigma
    states = [latents]
    for timestep in scheduler.timesteps:
        scaled = scheduler.scale_model_input(latents, timestep)
        predict = lambda embeddings: unet(scaled, timestep, embeddings).sample
        plain = predict(uncond)
        guided = plain + GUIDANCE * (predict(cond) - plain)
        latents = scheduler.step(guided, timestep, latents).prev_sample
        states.append(latents)
    out[f"{label}/timesteps"] = scheduler.timesteps.double()
    out[f"{label}/latents"] = torch.stack(states)
    if hasattr(scheduler, "sigmas"):
        out[f"{label}/sigmas"] = scheduler.sigmas


def trajectories(out, unet, embeddings, variant):
    config = scheduler_config(variant)
    noise = draws(4)(1, 4, 16, 8)
    cond, uncond = embeddings[:1], embeddings[1:]
    out.update({"trajectory/noise": noise, "trajectory/cond": cond, "trajectory/uncond": uncond})
    trajectory(out, "ddim", DDIMScheduler.from_config(config), unet, noise, cond, uncond)
    trajectory(out, "euler", EulerDiscreteScheduler.from_config(config), unet, noise, cond, uncond)


def training_data(out, steps, embeddings, variant):
    draw = draws(5)
    generator = torch.Generator().manual_seed(6)
    latents, noise = draw(steps, 2, 4, 16, 8), draw(steps, 2, 4, 16, 8)
    timesteps = torch.randint(0, 1000, (steps, 2), generator=generator)
    out.update({"training/latents": latents, "training/noise": noise, "training/timesteps": timesteps, "training/embeddings": embeddings})
    scheduler = DDPMScheduler(**NOISE, prediction_type=VARIANTS[variant]["prediction_type"])

    def loss_at(step, unet, embeddings):
        noisy = scheduler.add_noise(latents[step], noise[step], timesteps[step])
        prediction = unet(noisy, timesteps[step], embeddings).sample
        if scheduler.config.prediction_type == "epsilon":
            return F.mse_loss(prediction, noise[step])
        return F.mse_loss(prediction, scheduler.get_velocity(latents[step], noise[step], timesteps[step]))

    return loss_at


def record(out, prefix, parameters, pick):
    for name, parameter in parameters.items():
        out[f"{prefix}/{name}"] = pick(parameter).detach().clone()


def lora_gradients(out, label, models, lora_set, seed, loss_of):
    lora.attach(models, lora_set, seed)
    parameters = lora.all_parameters(models, lora_set)
    record(out, f"{label}/initial", parameters, lambda p: p)
    loss = loss_of()
    loss.backward()
    out[f"{label}/loss"] = loss
    record(out, f"{label}/gradient", parameters, lambda p: p.grad)
    return parameters


def train(out, label, parameters, loss_of_step, steps):
    optimizer = torch.optim.AdamW(parameters.values(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2)
    losses, norms = [], []
    for step in range(steps):
        optimizer.zero_grad()
        loss = loss_of_step(step)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0))
        optimizer.step()
        losses.append(loss.detach())
    out[f"{label}/losses"], out[f"{label}/gradientNorms"] = torch.stack(losses), torch.stack(norms)
    record(out, f"{label}/final", parameters, lambda p: p)
    print(label, "losses", [f"{x:.4f}" for x in losses], "norms", [f"{x:.3f}" for x in norms])


def probe(tensor):
    """Norm, sum, and dot product with the fixed vector v_i = (i · 2654435761 mod 2³²) / 2³¹ − 1 over the flat index i."""
    flat = tensor.detach().reshape(-1)
    vector = (torch.arange(flat.numel(), dtype=torch.int64) * 2654435761 % 2**32).double() / 2**31 - 1
    return torch.stack([flat.norm(), flat.sum(), flat @ vector])


def full_gradients(embeddings_ids, loss_at):
    """Gradients of every base weight, each as three numbers."""
    models, out = build("tiny"), {}
    for model in models.values():
        model.requires_grad_(True)
    loss = loss_at(0, models["unet"], models["text_encoder"](embeddings_ids).last_hidden_state)
    loss.backward()
    out["diffusion/loss"] = loss
    for part in ("unet", "text_encoder"):
        for name, parameter in models[part].named_parameters():
            out[f"diffusion/{part}/{canonical_text_name(name) if part == 'text_encoder' else name}"] = probe(parameter.grad)
    vae, draw = models["vae"], draws(7)
    generator = torch.Generator().manual_seed(8)
    image = (torch.rand(1, 3, 32, 48, generator=generator) * 2 - 1).half().double()
    latents, noise = draw(1, 4, 4, 6), draw(1, 4, 4, 6)
    out.update({"vae/image": image, "vae/latents": latents, "vae/noise": noise})
    decoder_loss = F.mse_loss(vae.decode(latents).sample, image)
    vae_gradients(out, "decoder", vae, decoder_loss)
    moments = vae.encode(image).latent_dist
    sample = moments.mean + torch.exp(0.5 * moments.logvar) * noise
    divergence = 0.5 * (moments.mean**2 + moments.logvar.exp() - 1 - moments.logvar).mean()
    vae_gradients(out, "autoencoder", vae, F.mse_loss(vae.decode(sample).sample, image) + 1e-2 * divergence)
    return out


def vae_gradients(out, label, vae, loss):
    vae.zero_grad()
    loss.backward()
    out[f"{label}/loss"] = loss
    for name, parameter in vae.named_parameters():
        if parameter.grad is not None:
            out[f"{label}/vae/{name}"] = probe(parameter.grad)


def save(name, tensors):
    def narrow(tensor):
        tensor = tensor.detach()
        return (tensor.float() if tensor.is_floating_point() else tensor).contiguous().clone()

    save_file({key: narrow(value) for key, value in tensors.items()}, HERE / name, metadata={"format": "pt"})
    print(name, len(tensors), "tensors,", (HERE / name).stat().st_size, "bytes")


def make_v1():
    out, models = {}, build("tiny")
    with torch.no_grad():
        ids, embeddings = text_goldens(out, models, "tiny")
        unet_goldens(out, models["unet"], embeddings)
        vae_goldens(out, models["vae"])
        trajectories(out, models["unet"], embeddings, "tiny")
    loss_at = training_data(out, STEPS, embeddings, "tiny")
    encode = lambda: models["text_encoder"](ids).last_hidden_state
    module_output = lambda: models["unet"](out["unet16x16/latents"], out["unet16x16/timesteps"], encode()).sample

    attention = lora.SETS["attention"]
    parameters = lora_gradients(out, "attention", models, attention, 11, lambda: loss_at(0, models["unet"], embeddings))
    with torch.no_grad():
        out["attention/output"] = module_output()
        lora.write_foreign_attention(models)
        out["foreign/diffusers-old/output"] = lora.with_scale(models["unet"], 1.0, module_output)
    train(out, "attention", parameters, lambda step: loss_at(step, models["unet"], embeddings), STEPS)

    models = build("tiny")
    everything = lora.SETS["everything"]
    lora_gradients(out, "everything", models, everything, 12, lambda: loss_at(0, models["unet"], encode()))
    with torch.no_grad():
        out["everything/output"] = module_output()
        lora.write_foreign_everything(models)
    save("goldens.safetensors", out)
    save("full-gradients.safetensors", full_gradients(ids, loss_at))


def make_v2():
    out, models = {}, build("tiny-v2")
    with torch.no_grad():
        _, embeddings = text_goldens(out, models, "tiny-v2")
        unet_goldens(out, models["unet"], embeddings)
        trajectories(out, models["unet"], embeddings, "tiny-v2")
    loss_at = training_data(out, 1, embeddings, "tiny-v2")
    lora_set = {"unet": (2, 2, lora.ATTENTION + lora.PROJECTIONS)}
    lora_gradients(out, "attention", models, lora_set, 21, lambda: loss_at(0, models["unet"], embeddings))
    save("goldens-v2.safetensors", out)


if __name__ == "__main__":
    for variant in VARIANTS:
        write_folder(variant, build(variant))
    make_v1()
    make_v2()
