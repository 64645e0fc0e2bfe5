"""Writes tables with the libraries that people use, in every format, and compares what `fm data` reads
with the same table as CSV, with missing cells and in windows too.

What: numpy (every type, order and version of .npy; .npz), pyarrow (every type, packing and encoding),
Pillow (grey, palette, colour, 16 bits), SciPy (sounds) and IDX files in MNIST's layout. The rows held out
and the facts about the rows to train on must be those of the CSV file: equal numbers in equal order.

Why: a number that is read wrongly is trained on without a word.
"""

import datetime as dt
import gzip
import itertools

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image
from scipy.io import wavfile

from _fm import Workplace

ROWS = 60
# Pictures are not transformed by default, but their copies in CSV files are.
PICTURES = "--transform plain"
rng = np.random.default_rng(0)


def csv(path, names, columns):
    """Writes columns of numbers and texts; None is a missing cell."""
    def text(cell):
        return "" if cell is None else cell if isinstance(cell, str) else repr(float(cell))

    cells = [[text(cell) for cell in column] for column in columns]
    lines = [",".join(names), *(",".join(row) for row in zip(*cells, strict=True))]
    path.write_text("\n".join(lines) + "\n")


def facts(work, source, options):
    """What a training would read, and the rows held out."""
    found = work.json(f"data {source} {options} --held-out held-out.csv")
    return found, (work.path / "held-out.csv").read_text()


def agree(work, source, names, columns, options=""):
    """Fails unless the source is read like the columns."""
    csv(work.path / "same.csv", names, columns)
    (found, rows), (wanted, same) = facts(work, source, options), facts(work, "same.csv", options)
    for key in wanted.keys() - {"name", "notes"}:
        if found.get(key) != wanted[key]:
            raise SystemExit(f"{source}: `{key}` is {found.get(key)}, expected {wanted[key]}")
    if rows != same:
        raise SystemExit(f"{source} {options}: other rows than in the CSV file")
    agree.count += 1


agree.count = 0


def numbers(kind, shape):
    """Numbers of this type that single precision can hold."""
    if kind == "b1":
        return rng.integers(0, 2, shape).astype(bool)
    if kind[0] == "f":
        return (rng.normal(size=shape) * 10).astype(kind)
    return rng.integers(0 if kind[0] == "u" else -100, 100, shape).astype(kind)


def named(prefix, array):
    """The names and columns of a flattened array."""
    flat = array.reshape(len(array), -1)
    return [f"{prefix}{i}" for i in range(flat.shape[1])], list(flat.T)


def npy(work):
    kinds = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]
    path = work.path / "a.npy"
    shapes = [(ROWS,), (ROWS, 3), (ROWS, 2, 3)]
    for kind, order, shape, version in itertools.product(kinds, "<>", shapes, range(1, 4)):
        array = numbers(kind, shape).astype(np.dtype(kind).newbyteorder(order))
        if version == 2:
            array = np.asfortranarray(array)
        with path.open("wb") as file:
            np.lib.format.write_array(file, array, version=(version, 0))
        agree(work, "a.npy", *named("c", array))
    fields = np.dtype([("x", "<f8"), ("n", ">i2"), ("v", "u1", (2,))], align=True)
    array = np.empty(ROWS, fields)
    for name in fields.names:
        array[name] = rng.integers(0, 100, array[name].shape)
    np.save(path, array)
    agree(work, "a.npy", ["x", "n", "v0", "v1"], [array["x"], array["n"], *array["v"].T])


def npz(work):
    x, y = numbers("f8", ROWS), np.asfortranarray(numbers("f4", (ROWS, 3)))
    kind = rng.choice(["a", "bc", "d"], ROWS)
    for save in [np.savez, np.savez_compressed]:
        save(work.path / "a.npz", y)
        agree(work, "a.npz", *named("c", y))
        save(work.path / "a.npz", x=x, y=y, kind=kind)
        names, columns = named("y", y)
        agree(work, "a.npz", ["x", *names, "kind"], [x, *columns, kind], "--class kind")


def truths(column):
    """A column whose truth values are the texts that `fm` reads in Parquet files."""
    return [str(bool(x)) if isinstance(x, bool | np.bool_) else x for x in column]


def parquet(work):
    kinds = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]
    plain = {kind: numbers(kind, ROWS) for kind in kinds}
    texts = texts_of_kind = rng.choice(["red", "green", "blue"], ROWS)
    table = pa.table({**plain, "kind": texts, "packed": pa.array(texts).dictionary_encode()})
    columns = [*map(truths, plain.values()), texts, texts]
    for packing, dictionary, page, rows in itertools.product(
        ["none", "snappy", "gzip", "zstd"], [True, False], ["1.0", "2.0"], [ROWS, 7]
    ):
        pq.write_table(table, work.path / "a.parquet", compression=packing, row_group_size=rows,
                       use_dictionary=dictionary, data_page_version=page)
        agree(work, "a.parquet", table.column_names, columns, "--class kind")
    encodings = {"f8": "BYTE_STREAM_SPLIT", "i8": "DELTA_BINARY_PACKED", "i4": "DELTA_BINARY_PACKED"}
    pq.write_table(table, work.path / "a.parquet", use_dictionary=False, column_encoding=encodings)
    agree(work, "a.parquet", table.column_names, columns, "--class kind")

    days = [dt.date(1950, 1, 1) + dt.timedelta(days=int(d)) for d in rng.integers(0, 40_000, ROWS)]
    moments = [dt.datetime(d.year, d.month, d.day, 12, 30) for d in days]
    for unit in ["ms", "us", "ns"]:
        columns = {"x": plain["f8"], "day": pa.array(days), "t": pa.array(moments, pa.timestamp(unit))}
        pq.write_table(pa.table(columns), work.path / "a.parquet")
        texts = [[x.isoformat() for x in dates] for dates in (days, moments)]
        agree(work, "a.parquet", ["x", "day", "t"], [plain["f8"], *texts])

    # Missing cells of every type; some columns have a row group without any cell.
    def holed(column):
        return [None if missing else x.item() for x, missing in zip(column, rng.random(ROWS) < 0.1)]

    holes = {kind: holed(column) for kind, column in {**plain, "kind": texts_of_kind}.items()}
    holes["f8"][:20] = [None] * 20
    columns = list(map(truths, holes.values()))
    kinds = {kind: np.dtype(kind) for kind in plain}
    arrays = {name: pa.array(column, pa.from_numpy_dtype(kinds[name]) if name in kinds else None)
              for name, column in holes.items()}
    for packing, dictionary, page in itertools.product(["none", "snappy"], [True, False], ["1.0", "2.0"]):
        pq.write_table(pa.table(arrays), work.path / "a.parquet", compression=packing,
                       row_group_size=20, use_dictionary=dictionary, data_page_version=page)
        agree(work, "a.parquet", list(holes), columns, "--drop-missing --exclude f8")
        agree(work, "a.parquet", list(holes), columns, "--columns f8,i2 --drop-missing")


def idx(work):
    kinds = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    for code, kind in kinds.items():
        array = numbers(kind[-2:], (ROWS, 3, 2)).astype(kind)
        sizes = np.array(array.shape, ">i4").tobytes()
        (work.path / "a.idx").write_bytes(bytes([0, 0, code, 3]) + sizes + array.tobytes())
        agree(work, "a.idx", *named("p", array))
    images, labels = numbers("u1", (ROWS, 3, 2)), rng.integers(0, 3, ROWS).astype("u1")
    sizes = np.array([ROWS, 3, 2], ">i4").tobytes()
    with gzip.open(work.path / "t-images-idx3-ubyte.gz", "wb") as file:
        file.write(bytes([0, 0, 8, 3]) + sizes + images.tobytes())
    with gzip.open(work.path / "t-labels-idx1-ubyte.gz", "wb") as file:
        file.write(bytes([0, 0, 8, 1]) + sizes[:4] + labels.tobytes())
    names, columns = named("p", images)
    columns = [*columns, [str(label) for label in labels]]
    agree(work, "t-images-idx3-ubyte.gz", [*names, "label"], columns, f"--class label {PICTURES}")


def images(work):
    folders = {"one": numbers("u1", (20, 3, 4)), "two": numbers("u1", (20, 3, 4))}
    for folder, pixels in folders.items():
        (work.path / "grey" / folder).mkdir(parents=True)
        for i, image in enumerate(pixels):
            Image.fromarray(image).save(work.path / "grey" / folder / f"img{i}.png")
    names, columns = named("p", np.concatenate(list(folders.values())))
    classes = [folder for folder, pixels in folders.items() for _ in pixels]
    agree(work, "grey", [*names, "folder"], [*columns, classes], f"--class folder {PICTURES}")

    colours = rng.integers(0, 256, (ROWS, 2, 3, 3)).astype("u1")
    (work.path / "colour").mkdir()
    for i, image in enumerate(colours):
        image = Image.fromarray(image)
        # Six pixels: a palette keeps all colours.
        image = [image, image.quantize(16), image.convert("RGBA")][i % 3]
        image.save(work.path / "colour" / f"{i}.png")
        colours[i] = np.array(image.convert("RGB"))
    _, columns = named("", colours)
    names = [f"{c}{i}" for i in range(6) for c in "rgb"]
    agree(work, "colour", names, columns, PICTURES)

    deep = rng.integers(0, 65536, (ROWS, 2, 2)).astype("u2")
    (work.path / "deep").mkdir()
    for i, image in enumerate(deep):
        Image.fromarray(image).save(work.path / "deep" / f"{i}.png")
    agree(work, "deep", *named("p", deep / 257.0), PICTURES)


def wav(work):
    for kind, scale in {"u1": 2.0**7, "i2": 2.0**15, "i4": 2.0**31, "f4": 1}.items():
        for channels in [1, 2, 3]:
            sound = numbers(kind, (ROWS, channels)) if kind != "f4" else rng.uniform(-1, 1, (ROWS, channels)).astype("f4")
            wavfile.write(work.path / "a.wav", 8000, sound)
            names = [["amplitude"], ["left", "right"], ["ch0", "ch1", "ch2"]][channels - 1]
            centred = sound.astype(float) - (128 if kind == "u1" else 0)
            agree(work, "a.wav", names, list(centred.T / scale))


def windows(work):
    table = {"x": numbers("f4", ROWS), "n": numbers("i2", ROWS), "user": np.repeat([3, 1, 2, 5], ROWS // 4)}
    pq.write_table(pa.table(table), work.path / "a.parquet", row_group_size=7)
    np.savez(work.path / "a.npz", **table)
    sizes = ["--window 4", "--window 5 --stride 2", "--window 3 --stride 7"]
    for source, size, group in itertools.product(["a.parquet", "a.npz"], sizes, ["", " --group user"]):
        agree(work, source, list(table), list(table.values()), size + group)
    array = numbers("f4", (ROWS, 2))
    np.save(work.path / "a.npy", array)
    wavfile.write(work.path / "a.wav", 8000, array / 100)
    for size in sizes:
        agree(work, "a.npy", *named("c", array), size)
        agree(work, "a.wav", ["left", "right"], list((array / 100).T), size)


def main():
    with Workplace() as work:
        for check in [npy, npz, parquet, idx, images, wav, windows]:
            before = agree.count
            check(work)
            print(f"{check.__name__}: {agree.count - before} files agree with CSV")


if __name__ == "__main__":
    main()
