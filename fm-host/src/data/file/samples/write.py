"""Writes the files that the tests of the readers read, into this folder.

With numpy 2.4.6, pyarrow 26.0.1, Pillow 13.0.0 and scipy 1.17.1: `python write.py`.
"""

import datetime as dt
import gzip
import os
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from scipy.io import wavfile

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def npy():
    np.save("plain.npy", np.array([[1, 2.5], [-3e300, 0], [np.nan, 6]]))
    cube = np.arange(12, dtype="<f4").reshape(3, 2, 2)
    np.save("fortran.npy", np.asfortranarray(cube))
    np.save("big.npy", np.array([1, -2, 300], ">i2"))
    with open("second.npy", "wb") as file:
        np.lib.format.write_array(file, np.array([[True, False]]), version=(2, 0))
    fields = np.dtype([("x", "<f8"), ("name", "<U3"), ("v", "i1", (2,))], align=True)
    np.save("fields.npy", np.array([(0.5, "ab", (1, 2)), (1.5, "é", (3, 4))], fields))
    np.save("objects.npy", np.array([1, "a", None], dtype=object), allow_pickle=True)
    np.save("number.npy", np.array(3.0))
    np.save("complex.npy", np.array([1j]))
    np.savez_compressed(
        "packed.npz",
        x=np.array([1, 2, 3], "u1"),
        Y=np.asfortranarray(np.arange(6, dtype="i4").reshape(3, 2)),
        kind=np.array([b"a", b"bc", b"d"]),
    )
    np.savez("single.npz", np.arange(4, dtype="f2").reshape(2, 2))
    np.savez("lengths.npz", a=np.zeros(2), b=np.zeros(3))


def parquet():
    day = dt.date(2026, 11, 27)
    moment = dt.datetime(2026, 11, 27, 12, 0, 0, 250_000)
    rows = {
        "f8": pa.array([0.1, None, -2.5], pa.float64()),
        "f4": pa.array([0.1, 2, 3], pa.float32()),
        "f2": pa.array(np.array([1.5, -2, 3], np.float16), pa.float16()),
        "i1": pa.array([-1, None, 3], pa.int8()),
        "u4": pa.array([1, 4_000_000_000, 3], pa.uint32()),
        "u8": pa.array([1, 2**63, 3], pa.uint64()),
        "yes": pa.array([True, False, None], pa.bool_()),
        "text": pa.array(["é", None, "abc"], pa.string()),
        "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
        "day": pa.array([day, None, dt.date(1969, 12, 31)], pa.date32()),
        "ms": pa.array([moment, None, moment], pa.timestamp("ms")),
        "us": pa.array([moment, None, moment], pa.timestamp("us", tz="UTC")),
        "ns": pa.array([moment, None, moment], pa.timestamp("ns")),
        "clock": pa.array([dt.time(0, 1, 30), None, dt.time(1)], pa.time64("us")),
        "dec": pa.array([Decimal("1.25"), None, Decimal("-0.01")], pa.decimal128(9, 2)),
    }
    table = pa.table(rows)
    pq.write_table(table, "snappy.parquet", row_group_size=2)
    pq.write_table(table, "zstd.parquet", compression="zstd", data_page_version="2.0")
    pq.write_table(table, "gzip.parquet", compression="gzip", use_dictionary=False, version="1.0")
    pq.write_table(table, "plain.parquet", compression="none", use_byte_stream_split=["f8", "f4"],
                   use_dictionary=False)
    old = pa.table({"t": pa.array([moment, None], pa.timestamp("ns"))})
    pq.write_table(old, "int96.parquet", use_deprecated_int96_timestamps=True)
    pq.write_table(pa.table({"a": [1, 2], "l": [[1], [2, 3]]}), "list.parquet")
    pq.write_table(pa.table({"a": [1], "s": [{"x": 1}]}), "struct.parquet")
    pq.write_table(table.select(["f8"]), "lz4.parquet", compression="lz4")
    delta = dict(use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY"})
    pq.write_table(pa.table({"text": ["a", "ab"]}), "delta.parquet", **delta)
    whole = pa.table({"i": pa.array(range(1000), pa.int64())})
    delta = dict(use_dictionary=False, column_encoding={"i": "DELTA_BINARY_PACKED"})
    pq.write_table(whole, "whole.parquet", **delta)


def images():
    for folder in ["digits/one", "digits/two", "colours", "alpha", "sizes"]:
        os.makedirs(folder, exist_ok=True)
    grey = lambda values: Image.fromarray(np.array(values, np.uint8))
    grey([[0, 128], [255, 7]]).save("digits/one/img2.png")
    grey([[1, 2], [3, 4]]).save("digits/one/img10.png")
    grey([[0, 255], [255, 0]]).convert("1").save("digits/two/img1.png")
    Image.fromarray(np.array([[0, 65535], [257, 514]], np.uint16)).save("digits/two/img3.png")
    pixels = np.arange(12, dtype=np.uint8).reshape(2, 2, 3) * 20
    colour = Image.fromarray(pixels)
    colour.save("colours/a.png")
    colour.quantize(4).save("colours/b.png")
    colour.convert("RGBA").save("colours/c.png")
    clear = np.dstack([pixels, np.full((2, 2), 100, np.uint8)])
    Image.fromarray(clear).save("alpha/clear.png")
    grey([[1, 2]]).save("sizes/a.png")
    grey([[1], [2]]).save("sizes/b.png")


def wav():
    wavfile.write("stereo.wav", 8000, np.array([[0, -32768], [16384, 32767]], np.int16))
    wavfile.write("float.wav", 8000, np.array([0.25, -1, 0.5], np.float32))
    wavfile.write("bytes.wav", 8000, np.array([0, 128, 255], np.uint8))
    wavfile.write("wide.wav", 8000, np.array([0.25, -1], np.float64))
    wavfile.write("five.wav", 8000, np.array([[1, 2, 3, 4, 5]], np.int32) << 24)


def idx():
    header = bytes([0, 0, 8, 3]) + np.array([3, 2, 2], ">i4").tobytes()
    with gzip.GzipFile("t3-images-idx3-ubyte.gz", "wb", mtime=0) as file:
        file.write(header + bytes(range(12)))
    with open("t3-labels-idx1-ubyte", "wb") as file:
        file.write(bytes([0, 0, 8, 1]) + np.array([3], ">i4").tobytes() + bytes([7, 0, 9]))
    with open("floats.idx", "wb") as file:
        file.write(bytes([0, 0, 13, 2]) + np.array([2, 2], ">i4").tobytes())
        file.write(np.array([0.5, -1, 2, 3], ">f4").tobytes())


for write in [npy, parquet, images, wav, idx]:
    write()
