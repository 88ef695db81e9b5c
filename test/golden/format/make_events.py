"""Makes events.golden with TensorBoard's own record writer and messages, and reads it back as TensorBoard does.

Run from the repository root: python test/golden/format/make_events.py (packages: test/golden/requirements.txt).
With the path of an event file or folder, it instead prints what TensorBoard reads from it.
"""

import pathlib
import shutil
import sys
import tempfile

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.summary.writer.record_writer import RecordWriter

GOLDEN = pathlib.Path(__file__).parent / "events.golden"
START = 1700000000.25
TAGS = ["loss/current", "loss/average", "lr/unet"]
STEPS = [0, 1, 127, 128, 300, 2**40]
NOTE = "A *small* soul\n\n名字: 张三, \U0001f600"
# One red pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def values():
    """The log that test/format/event-file.test.ts writes: (step, value) in order."""
    for index, step in enumerate(STEPS):
        for tag_index, tag in enumerate(TAGS):
            yield step, Summary.Value(tag=tag, simple_value=(index - 2) / (tag_index + 3))
    yield 7, Summary.Value(tag="loss/current", simple_value=float("inf"))
    image = Summary.Image(height=1, width=1, colorspace=3, encoded_image_string=PNG)
    yield 300, Summary.Value(tag="sample/0", image=image)
    tensor = TensorProto(dtype=DT_STRING, string_val=[NOTE.encode()])
    tensor.tensor_shape.SetInParent()
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    yield 0, Summary.Value(tag="note", tensor=tensor, metadata=metadata)


def read(path):
    accumulator = EventAccumulator(str(path), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    accumulator.Reload()
    return accumulator


def make():
    with GOLDEN.open("wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(wall_time=START, file_version="brain.Event:2").SerializeToString())
        for index, (step, value) in enumerate(values()):
            event = Event(wall_time=START + (index + 1) / 2, step=step, summary=Summary(value=[value]))
            writer.write(event.SerializeToString())


def check():
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(GOLDEN, pathlib.Path(folder) / "events.out.tfevents.1700000000.host.1.0")
        log = read(folder)
    assert log.file_version == 2.0
    assert sorted(log.Tags()["scalars"]) == sorted(TAGS), log.Tags()
    assert [event.step for event in log.Scalars("lr/unet")] == STEPS
    assert log.Images("sample/0")[0].encoded_image_string == PNG
    assert log.Tensors("note")[0].tensor_proto.string_val[0].decode() == NOTE


if len(sys.argv) > 1:
    log = read(sys.argv[1])
    for tag in log.Tags()["scalars"]:
        print(tag, [(event.step, event.value) for event in log.Scalars(tag)])
    for tag in log.Tags()["images"]:
        print(tag, [(image.step, image.width, image.height) for image in log.Images(tag)])
    for tag in log.Tags()["tensors"]:
        print(tag, [(event.step, bytes(event.tensor_proto.string_val[0]).decode()) for event in log.Tensors(tag)])
else:
    make()
    check()
