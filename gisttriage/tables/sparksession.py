"""Starting Spark, and what may go wrong with it, in our words: its own messages may quote rows."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.accumulators import AccumulatorTCPServer
from pyspark.sql import SparkSession

from ..diagnostics import GistTriageError, OutputError, Problem, TableError

_QUIET = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "8",
}
# A machine of its own talks to nobody else.
_ALONE = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}


def start(master: str) -> SparkSession:
    """Start Spark, without what it says while it starts: its errors come back as exceptions."""
    if master.startswith("sc://") or os.environ.get("SPARK_REMOTE"):
        remote = master or os.environ["SPARK_REMOTE"]
        try:
            return SparkSession.builder.remote(remote).getOrCreate()
        except Exception as error:
            raise_as_ours(remote, error, False)
    _need_java()
    # A Spark that dies is an exception here; what else hears of it would print tracebacks beside that.
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    logging.getLogger().addFilter(lambda record: "py4j" not in record.pathname)
    AccumulatorTCPServer.handle_error = lambda *_: None  # type: ignore[method-assign]
    builder = SparkSession.builder.appName("gisttriage")
    if master:
        builder = builder.master(master)
    alone = (master or "local").startswith("local") and "PYSPARK_GATEWAY_PORT" not in os.environ
    for name, value in {**_QUIET, **(_ALONE if alone else {})}.items():
        builder = builder.config(name, value)
    try:
        with _silence():
            return builder.getOrCreate()
    except Exception as error:
        # Whatever goes wrong here is Spark's, and of many types.
        message = f"Spark does not start ({type(error).__name__})"
        help = "is --master right, and is it Java 17 or newer? Without --master, Spark runs here"
        raise TableError([Problem(path="spark", message=message, help=help)]) from None


def _need_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else "java"
    if "PYSPARK_GATEWAY_PORT" not in os.environ and shutil.which(java) is None:
        help = "install Java 17 or newer (on Debian: apt install default-jre-headless), or set JAVA_HOME"
        where = f"there is no {java}" if home else "there is no java on the path"
        raise TableError([Problem(path="spark", message=f"Spark needs Java: {where}", help=help)])


@contextmanager
def _silence() -> Iterator[None]:
    """Send what the process started meanwhile has to say nowhere."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


_SIGNS = (
    ("MALFORMED_RECORD", "a row is torn, or has more or fewer cells than the header", "copy or export it again"),
    ("PATH_NOT_FOUND", "no such file", "check the spelling, and the folder you are in"),
    ("TABLE_OR_VIEW_NOT_FOUND", "no such table", "check its name, and the catalogue of the session"),
    ("ALREADY_EXISTS", "this is there already", "remove it, or choose another name"),
    ("is not a Parquet file", "this is no whole Parquet file", "was it cut off? Copy or export it again"),
    ("CANNOT_READ_FILE_FOOTER", "this is no whole Parquet file", "was it cut off? Copy or export it again"),
    ("UNABLE_TO_INFER_SCHEMA", "no table is found here", "is it what its ending says?"),
    ("FAILED_READ_FILE", "this file cannot be read to its end", "was it cut off? Copy or export it again"),
    ("No space left on device", "no room is left", "free some, or write elsewhere"),
    ("Permission denied", "this may not be read or written", "check its permissions"),
)


def raise_as_ours(path: str, error: Exception, writing: bool) -> NoReturn:
    """Raise what went wrong as TableError, or as OutputError if it was about what is written."""
    text = str(error)
    kind: type[GistTriageError] = OutputError if writing else TableError
    if isinstance(error, (ConnectionError, EOFError, Py4JError)) and not isinstance(error, Py4JJavaError):
        message = "Spark stopped while it was at work"
        raise TableError([Problem(path=path, message=message, help="its log says why; nothing was written")]) from None
    for sign, message, help in _SIGNS:
        if sign in text:
            input_is_bad = sign in ("MALFORMED_RECORD", "FAILED_READ_FILE", "is not a Parquet file")
            raise (TableError if input_is_bad else kind)([Problem(path=path, message=message, help=help)]) from None
    message = f"Spark could not {'write' if writing else 'read'} this ({type(error).__name__})"
    raise kind([Problem(path=path, message=message, help="is it what its ending says?")]) from None
