"""Golden values for every op of the graph: forward and vector-Jacobian products by PyTorch autograd.

Run:  python test/golden/ops/make.py      (versions: test/golden/requirements.txt)
Writes ops.safetensors and ops.json beside this file. Values are drawn as float32, everything is computed in float64
and rounded once to float32, so the golden's own error is half a unit in the last place. PyTorch's gradients are themselves
checked against central differences (gradcheck).

Tensors of a case: `<case>/in/<input>`, `<case>/out/<output>`, `<case>/cot/<output>` (upstream cotangent) and
`<case>/grad/<input>` (only for inputs that have a gradient). ops.json lists the cases in order, with the op, its attributes
in ONNX spelling (small integer inputs such as Reshape's shape or Slice's starts stand among the attributes) and the inputs.
"""

import json
import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.set_num_threads(1)
torch.manual_seed(20240)
HERE = pathlib.Path(__file__).parent
FLOATS = (torch.float16, torch.float32, torch.float64)
cases, tensors = [], {}


def normal(*shape, scale=1.0):
    return (torch.randn(shape) * scale).float()


def away_from_zero(*shape, low=0.2):
    """For functions with a kink at 0: |x| >= low."""
    x = torch.randn(shape)
    return (x.sign() * (x.abs() + low)).float()


def positive(*shape, low=0.3, high=3.0):
    return (torch.rand(shape) * (high - low) + low).float()


def distinct(*shape):
    """All values at least 0.1 apart, so that a maximum is unique."""
    count = int(torch.tensor(shape).prod())
    return (torch.randperm(count).float() * 0.1 - count * 0.05).reshape(shape)


def case(name, op, fn, inputs, attrs=None, outputs=("Y",), constant=()):
    """`inputs` {ONNX input name: tensor}; `constant` names float inputs without a gradient."""
    doubles = {k: v.double().requires_grad_(k not in constant) if v.dtype in FLOATS else v for k, v in inputs.items()}
    results = fn(*doubles.values())
    results = results if isinstance(results, (tuple, list)) else (results,)
    assert len(results) == len(outputs), name
    with_grad = [k for k, v in doubles.items() if v.dtype in FLOATS and v.requires_grad]
    cotangents = [normal(*r.shape) for r in results]
    if with_grad:
        total = sum((r * c.double()).sum() for r, c in zip(results, cotangents))
        grads = torch.autograd.grad(total, [doubles[k] for k in with_grad])
        # A cast rounds in steps: it has no central differences.
        assert op == "Cast" or torch.autograd.gradcheck(fn, tuple(doubles.values())), name
        for key, grad in zip(with_grad, grads):
            put(f"{name}/grad/{key}", grad)
        for out, cot in zip(outputs, cotangents):
            put(f"{name}/cot/{out}", cot)
    for key, value in inputs.items():
        put(f"{name}/in/{key}", value)
    for out, result in zip(outputs, results):
        put(f"{name}/out/{out}", result)
    cases.append({"name": name, "op": op, "attrs": attrs or {}, "inputs": list(inputs), "outputs": list(outputs), "gradients": with_grad})


def put(key, value):
    value = value.detach()
    if value.dtype == torch.float64:
        value = value.float()
    assert key not in tensors, key
    tensors[key] = value.contiguous().clone()


def elementwise():
    shapes = {
        "same": ((2, 3, 4), (2, 3, 4)),
        "left_smaller": ((4,), (2, 3, 4)),
        "right_smaller": ((2, 3, 4), (3, 1)),
        "both": ((2, 1, 4), (3, 1)),
        "scalar": ((), (2, 3)),
    }
    binary = {"Add": torch.add, "Sub": torch.sub, "Mul": torch.mul, "Div": torch.div}
    for op, fn in binary.items():
        for label, (a, b) in shapes.items():
            right = away_from_zero(*b, low=0.5) if op == "Div" else normal(*b)
            case(f"{op}_{label}", op, fn, {"A": normal(*a), "B": right})
    for op, fn in {"Max": torch.maximum, "Min": torch.minimum}.items():
        a = distinct(2, 3, 4)
        case(f"{op}_same", op, fn, {"A": a, "B": a + away_from_zero(2, 3, 4)})
        case(f"{op}_broadcast", op, fn, {"A": a, "B": distinct(3, 1)})
    unary = {
        "Neg": (torch.neg, normal),
        "Exp": (torch.exp, normal),
        "Log": (torch.log, positive),
        "Sqrt": (torch.sqrt, positive),
        "Reciprocal": (torch.reciprocal, lambda *s: away_from_zero(*s, low=0.5)),
        "Sigmoid": (torch.sigmoid, normal),
        "Tanh": (torch.tanh, normal),
        "Erf": (torch.erf, normal),
        "Relu": (torch.relu, away_from_zero),
        "Abs": (torch.abs, away_from_zero),
        "Sin": (torch.sin, lambda *s: normal(*s, scale=3)),
        "Cos": (torch.cos, lambda *s: normal(*s, scale=3)),
        "Silu": (lambda x: x * torch.sigmoid(x), lambda *s: normal(*s, scale=2)),
        "QuickGelu": (lambda x: x * torch.sigmoid(1.702 * x), lambda *s: normal(*s, scale=2)),
    }
    for op, (fn, make) in unary.items():
        case(f"{op}", op, fn, {"X": make(2, 3, 5)})
    for approximate in ("none", "tanh"):
        gelu = lambda x, kind=approximate: F.gelu(x, approximate=kind)
        case(f"Gelu_{approximate}", "Gelu", gelu, {"X": normal(2, 3, 5, scale=2)}, {"approximate": approximate})
    for exponent in (2.0, 3.0, 0.5):
        make = positive if exponent == 0.5 else normal
        case(f"Pow_{exponent}", "Pow", lambda x, p=exponent: x**p, {"X": make(2, 7)}, {"exponent": exponent})
    # No value within 0.1 of a bound.
    clip_input = torch.tensor([[-2.0, -1.1, -0.9, 0.3], [0.0, 0.79, 1.0, 5.0]])
    case("Clip_both", "Clip", lambda x: x.clamp(-1, 0.9), {"X": clip_input}, {"min": -1.0, "max": 0.9})
    case("Clip_min", "Clip", lambda x: x.clamp(min=-1), {"X": clip_input}, {"min": -1.0})
    condition = torch.rand(2, 3, 4) > 0.5
    case("Where_same", "Where", torch.where, {"condition": condition, "X": normal(2, 3, 4), "Y": normal(2, 3, 4)}, outputs=("output",))
    case("Where_broadcast", "Where", torch.where, {"condition": condition[:, :, :1].clone(), "X": normal(2, 1, 4), "Y": normal()}, outputs=("output",))
    half = lambda x: x + (x.detach().half().double() - x.detach())
    case("Cast_float16", "Cast", half, {"input": normal(3, 4)}, {"to": "FLOAT16"}, outputs=("output",))
    case("Cast_from_int64", "Cast", lambda x: x.double(), {"input": torch.arange(-3, 4)}, {"to": "FLOAT"}, outputs=("output",))


def products():
    pairs = {
        "2d": ((3, 4), (4, 5)),
        "batched": ((2, 3, 4), (2, 4, 5)),
        "heads": ((2, 2, 3, 4), (2, 2, 4, 3)),
        "right_2d": ((2, 3, 4), (4, 5)),
        "left_2d": ((3, 4), (2, 4, 5)),
        "broadcast_batch": ((1, 2, 3, 4), (3, 1, 4, 2)),
        "rank_one": ((2, 6, 5), (2, 5, 1)),
    }
    for label, (a, b) in pairs.items():
        case(f"MatMul_{label}", "MatMul", torch.matmul, {"A": normal(*a), "B": normal(*b)})
    for trans_a in (0, 1):
        for trans_b in (0, 1):
            a, b = normal(*((4, 3) if trans_a else (3, 4))), normal(*((5, 4) if trans_b else (4, 5)))
            gemm = lambda x, y, c, ta=trans_a, tb=trans_b: (x.T if ta else x) @ (y.T if tb else y) + c
            case(f"Gemm_{trans_a}{trans_b}", "Gemm", gemm, {"A": a, "B": b, "C": normal(5)}, {"transA": trans_a, "transB": trans_b})
    no_bias = lambda x, y: x @ y.T
    case("Gemm_no_bias", "Gemm", no_bias, {"A": normal(3, 4), "B": normal(5, 4)}, {"transA": 0, "transB": 1})
    scaled = lambda x, y, c: 0.5 * (x @ y.T) + 2.0 * c
    attrs = {"transA": 0, "transB": 1, "alpha": 0.5, "beta": 2.0}
    case("Gemm_scaled", "Gemm", scaled, {"A": normal(3, 4), "B": normal(5, 4), "C": normal(3, 5)}, attrs)
    case("Gemm_column_bias", "Gemm", lambda x, y, c: x @ y + c, {"A": normal(3, 4), "B": normal(4, 5), "C": normal(3, 1)}, {"transA": 0, "transB": 0})


def conv(x, w, b=None, strides=(1, 1), pads=(0, 0, 0, 0), group=1, dilations=(1, 1)):
    top, left, bottom, right = pads
    return F.conv2d(F.pad(x, (left, right, top, bottom)), w, b, stride=strides, groups=group, dilation=dilations)


def conv_transpose(x, w, b=None, strides=(1, 1), pads=(0, 0, 0, 0), output_padding=(0, 0)):
    top, left, bottom, right = pads
    assert max(output_padding) < max(strides)
    full = F.conv_transpose2d(x, w, None, stride=strides, output_padding=0)
    full = F.pad(full, (0, output_padding[1], 0, output_padding[0]))
    full = full[:, :, top : full.shape[2] - bottom, left : full.shape[3] - right]
    return full if b is None else full + b[None, :, None, None]


def convolutions():
    variants = {
        "k3s1p1": ((2, 3, 5, 6), (4, 3, 3, 3), {"pads": [1, 1, 1, 1], "strides": [1, 1]}),
        "k1": ((2, 3, 4, 5), (4, 3, 1, 1), {"pads": [0, 0, 0, 0], "strides": [1, 1]}),
        "k3s2p1": ((2, 3, 6, 8), (4, 3, 3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
        "k3s2_asymmetric": ((1, 3, 6, 8), (2, 3, 3, 3), {"pads": [0, 0, 1, 1], "strides": [2, 2]}),
        "k4s4": ((1, 3, 8, 8), (5, 3, 4, 4), {"pads": [0, 0, 0, 0], "strides": [4, 4]}),
        "k3s2p1_odd": ((1, 2, 5, 7), (3, 2, 3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
        "k5s1p2": ((1, 2, 6, 5), (3, 2, 5, 5), {"pads": [2, 2, 2, 2], "strides": [1, 1]}),
    }
    for label, (x, w, attrs) in variants.items():
        run = lambda x, w, b, attrs=attrs: conv(x, w, b, **attrs)
        full = {**attrs, "kernel_shape": list(w[2:]), "dilations": [1, 1], "group": 1}
        case(f"Conv_{label}", "Conv", run, {"X": normal(*x), "W": normal(*w, scale=0.4), "B": normal(w[0])}, full)
    x, w, attrs = variants["k3s1p1"]
    full = {**attrs, "kernel_shape": [3, 3], "dilations": [1, 1], "group": 1}
    case("Conv_no_bias", "Conv", lambda x, w: conv(x, w, **attrs), {"X": normal(1, 3, 4, 4), "W": normal(2, 3, 3, 3)}, full)
    transposed = {
        "k3s2p1op1": ((2, 3, 3, 4), (3, 4, 3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2], "output_padding": [1, 1]}),
        "k3s1p1": ((1, 3, 4, 5), (3, 2, 3, 3), {"pads": [1, 1, 1, 1], "strides": [1, 1], "output_padding": [0, 0]}),
        "k3s2_asymmetric": ((1, 2, 3, 4), (2, 3, 3, 3), {"pads": [0, 0, 1, 1], "strides": [2, 2], "output_padding": [0, 0]}),
        "k4s4": ((1, 3, 2, 2), (3, 2, 4, 4), {"pads": [0, 0, 0, 0], "strides": [4, 4], "output_padding": [0, 0]}),
    }
    for label, (x, w, attrs) in transposed.items():
        run = lambda x, w, b, attrs=attrs: conv_transpose(x, w, b, **attrs)
        full = {**attrs, "kernel_shape": list(w[2:]), "dilations": [1, 1], "group": 1}
        case(f"ConvTranspose_{label}", "ConvTranspose", run, {"X": normal(*x), "W": normal(*w, scale=0.4), "B": normal(w[1])}, full)
    own = conv_transpose(torch.ones(1, 1, 3, 4), torch.arange(9.0).reshape(1, 1, 3, 3), None, (2, 2), (1, 1, 1, 1), (1, 1))
    assert torch.equal(own, F.conv_transpose2d(torch.ones(1, 1, 3, 4), torch.arange(9.0).reshape(1, 1, 3, 3), None, 2, 1, 1))
    resize = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor", "scales": [1, 1, 2, 2]}
    case("Resize_nearest_x2", "Resize", lambda x: F.interpolate(x, scale_factor=2, mode="nearest"), {"X": normal(2, 3, 3, 4)}, resize)
    pool = {"kernel_shape": [2, 2], "strides": [2, 2]}
    case("AveragePool_2x2", "AveragePool", lambda x: F.avg_pool2d(x, 2), {"X": normal(2, 3, 4, 6)}, pool)


def reductions():
    case("Softmax_last", "Softmax", lambda x: x.softmax(-1), {"input": normal(2, 3, 5, scale=2)}, {"axis": -1}, outputs=("output",))
    case("LogSoftmax_last", "LogSoftmax", lambda x: x.log_softmax(-1), {"input": normal(2, 3, 5, scale=2)}, {"axis": -1}, outputs=("output",))
    functions = {"ReduceSum": torch.sum, "ReduceMean": torch.mean, "ReduceMax": torch.amax}
    for op, fn in functions.items():
        for axes in ([-1], [1], [0, 2], [0, 1, 2]):
            for keepdims in (0, 1):
                data = distinct(2, 3, 4) if op == "ReduceMax" else normal(2, 3, 4)
                run = lambda x, fn=fn, axes=axes, keep=keepdims: fn(x, dim=axes, keepdim=bool(keep))
                label = "_".join(map(str, axes)).replace("-", "m")
                case(f"{op}_{label}_keep{keepdims}", op, run, {"data": data}, {"axes": axes, "keepdims": keepdims}, outputs=("reduced",))


def layout():
    case("Reshape", "Reshape", lambda x: x.reshape(2, -1, 3), {"data": normal(2, 4, 3, 2)}, {"shape": [2, -1, 3]}, outputs=("reshaped",))
    case("Reshape_copy_dims", "Reshape", lambda x: x.reshape(2, 4, 6), {"data": normal(2, 4, 3, 2)}, {"shape": [0, 0, -1]}, outputs=("reshaped",))
    for perm in ([1, 0, 2, 3], [0, 2, 1, 3], [0, 3, 1, 2], [2, 0, 3, 1]):
        label = "".join(map(str, perm))
        case(f"Transpose_{label}", "Transpose", lambda x, p=perm: x.permute(p), {"data": normal(2, 3, 4, 2)}, {"perm": perm}, outputs=("transposed",))
    for axis, (a, b, c) in {0: ((1, 3), (2, 3), (1, 3)), 1: ((2, 3, 2), (2, 1, 2), (2, 2, 2)), -1: ((2, 3), (2, 1), (2, 2))}.items():
        case(f"Concat_axis{axis}".replace("-", "m"), "Concat", lambda *xs, d=axis: torch.cat(xs, d), {"A": normal(*a), "B": normal(*b), "C": normal(*c)}, {"axis": axis}, outputs=("concat_result",))
    for axis, split, shape in ((1, [2, 3, 1], (2, 6, 3)), (-1, [2, 2], (3, 4))):
        names = [f"Y{i}" for i in range(len(split))]
        case(f"Split_axis{axis}".replace("-", "m"), "Split", lambda x, s=split, d=axis: torch.split(x, s, d), {"input": normal(*shape)}, {"axis": axis, "split": split}, outputs=names)
    slices = {
        "simple": (lambda x: x[:, 1:3], {"starts": [1], "ends": [3], "axes": [1], "steps": [1]}),
        "two_axes": (lambda x: x[:1, :, -2:], {"starts": [0, -2], "ends": [1, 2147483647], "axes": [0, 2], "steps": [1, 1]}),
        "step": (lambda x: x[:, ::2], {"starts": [0], "ends": [2147483647], "axes": [1], "steps": [2]}),
    }
    for label, (fn, attrs) in slices.items():
        case(f"Slice_{label}", "Slice", fn, {"data": normal(2, 5, 4)}, attrs, outputs=("output",))
    case("Expand_rank", "Expand", lambda x: x.expand(2, 3, 4), {"input": normal(3, 1)}, {"shape": [2, 3, 4]}, outputs=("output",))
    case("Expand_batch", "Expand", lambda x: x.expand(3, 2, 2), {"input": normal(1, 2, 2)}, {"shape": [3, 2, 2]}, outputs=("output",))
    pad = {"mode": "constant", "pads": [0, 0, 0, 0, 0, 0, 1, 1], "constant_value": 0.0}
    case("Pad_right_bottom", "Pad", lambda x: F.pad(x, (0, 1, 0, 1)), {"data": normal(1, 2, 3, 3)}, pad, outputs=("output",))
    pad = {"mode": "constant", "pads": [1, 2, 0, 1], "constant_value": 0.5}
    case("Pad_value", "Pad", lambda x: F.pad(x, (2, 1, 1, 0), value=0.5), {"data": normal(2, 3)}, pad, outputs=("output",))
    ids = torch.tensor([[0, 3, 3], [6, 1, 0]])
    case("Gather_embedding", "Gather", lambda x, i: F.embedding(i, x), {"data": normal(7, 4), "indices": ids}, {"axis": 0}, outputs=("output",))
    case("Gather_axis1", "Gather", lambda x, i: x[:, i], {"data": normal(2, 5, 3), "indices": torch.tensor([4, 0, 4])}, {"axis": 1}, outputs=("output",))
    case("Unsqueeze", "Unsqueeze", lambda x: x[:, None, :, None], {"data": normal(2, 3)}, {"axes": [1, 3]}, outputs=("expanded",))
    case("Squeeze", "Squeeze", lambda x: x.squeeze(1), {"data": normal(2, 1, 3)}, {"axes": [1]}, outputs=("squeezed",))


def norms_and_losses():
    layer = lambda x, s, b: F.layer_norm(x, (6,), s, b, 1e-5)
    inputs = lambda *shape, features: {"X": normal(*shape, scale=2) + 0.5, "Scale": positive(features), "B": normal(features)}
    case("LayerNormalization", "LayerNormalization", layer, inputs(2, 3, 6, features=6), {"axis": -1, "epsilon": 1e-5})
    case("LayerNormalization_constant_scale", "LayerNormalization", lambda x, s, b: F.layer_norm(x, (6,), s, b, 1e-5), inputs(2, 3, 6, features=6), {"axis": -1, "epsilon": 1e-5}, constant=("Scale", "B"))
    group = lambda x, s, b: F.group_norm(x, 2, s, b, 1e-5)
    case("GroupNorm_2", "GroupNorm", group, inputs(2, 6, 3, 4, features=6), {"num_groups": 2, "epsilon": 1e-5})
    group1 = lambda x, s, b: F.group_norm(x, 4, s, b, 1e-6)
    case("GroupNorm_tokens", "GroupNorm", group1, inputs(2, 4, 5, features=4), {"num_groups": 4, "epsilon": 1e-6})
    rms = lambda x, s: F.rms_norm(x, (6,), s, 1e-6)
    case("RMSNorm", "SimplifiedLayerNormalization", rms, {"X": normal(2, 3, 6), "scale": positive(6)}, {"axis": -1, "epsilon": 1e-6})
    labels = torch.tensor([1, 0, 4])
    loss = {"logits": normal(3, 5, scale=2), "labels": labels}
    case("CrossEntropy_mean", "CrossEntropy", lambda x, y: F.cross_entropy(x, y), loss, {"reduction": "mean"}, outputs=("loss",))
    masked = {"logits": normal(2, 4, 6, scale=2), "labels": torch.tensor([[2, -100, 5, 0], [-100, -100, 1, 3]])}
    ignore = lambda x, y: F.cross_entropy(x.reshape(-1, 6), y.reshape(-1), ignore_index=-100)
    case("CrossEntropy_ignore", "CrossEntropy", ignore, masked, {"reduction": "mean", "ignore_index": -100}, outputs=("loss",))
    case("MeanSquaredError", "MeanSquaredError", F.mse_loss, {"prediction": normal(2, 4, 3), "target": normal(2, 4, 3)}, {"reduction": "mean"}, outputs=("loss",))
    attention = lambda q, k, v: F.scaled_dot_product_attention(q, k, v)
    case("Attention", "Attention", attention, {"Q": normal(2, 2, 3, 4), "K": normal(2, 2, 5, 4), "V": normal(2, 2, 5, 4)}, {"scale": 0.5})
    causal = lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True)
    case("Attention_causal", "Attention", causal, {"Q": normal(1, 2, 4, 4), "K": normal(1, 2, 4, 4), "V": normal(1, 2, 4, 4)}, {"scale": 0.5, "is_causal": 1})


def log_sum_exp():
    """Last, so that the values drawn for the cases before stay as they are. Large values, which must not overflow."""
    for axes in ([-1], [1, 2]):
        run = lambda x, a=axes: x.logsumexp(a, keepdim=True)
        case(f"ReduceLogSumExp_{len(axes)}", "ReduceLogSumExp", run, {"data": normal(2, 3, 5, scale=60)}, {"axes": axes, "keepdims": 1}, outputs=("reduced",))


def main():
    for section in (elementwise, products, convolutions, reductions, layout, norms_and_losses, log_sum_exp):
        section()
    save_file(tensors, HERE / "ops.safetensors", metadata={"format": "pt"})
    lines = ",\n".join("  " + json.dumps(c) for c in cases)
    (HERE / "ops.json").write_text(f"[\n{lines}\n]\n")
    print(f"{len(cases)} cases, {sum((HERE / f).stat().st_size for f in ('ops.safetensors', 'ops.json'))} bytes")


main()
