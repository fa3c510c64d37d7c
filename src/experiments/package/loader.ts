/** The module's name says its version: two models in one Python process share it. */
export const LOADER = "disease_model_v1";

/**
 * Python that `mlflow.pyfunc` loads the ONNX file with. MLflow's own loader cannot: it flattens a table of probabilities and
 * makes the text "nan" of a missing category. It knows nothing of the model but what the graph's metadata say.
 */
export const LOADER_SOURCE = `"""Patients in, a table of class probabilities out, for mlflow.pyfunc. Made by disease; needs onnxruntime and pandas."""

import json
import numbers
import re

import numpy as np
import onnxruntime
import pandas as pd

MISSING = {"", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "Null", "null", "None", "none", "?"}
TRUE = {"true", "t", "yes", "y", "s\\u00ed", "si", "s", "verdadero", "present", "presente", "1"}
FALSE = {"false", "f", "no", "n", "falso", "absent", "ausente", "0"}
NUMBER = re.compile(r"[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?")


def _load_pyfunc(path):
    return Model(path)


class Model:
    def __init__(self, path):
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.facts = json.loads(self.session.get_modelmeta().custom_metadata_map["disease"])

    def predict(self, data, params=None):
        """A row a patient, a column a class, in the order of training."""
        classes = self.facts["classes"]
        if len(data) == 0:
            return pd.DataFrame(np.empty((0, len(classes)), np.float32), columns=classes)
        feed = {column["name"]: CONVERT[column["kind"]](data[column["name"]], column) for column in self.facts["columns"]}
        (probabilities,) = self.session.run([self.facts["outputs"]["probabilities"]], feed)
        return pd.DataFrame(probabilities, columns=classes, index=data.index)


def numeric(values, column):
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.array([number(value, column, "a number") for value in values], np.float64)


def boolean(values, column):
    made = np.array([truth(value, column) for value in values], np.float64)
    if not np.isin(made[~np.isnan(made)], (0, 1)).all():
        raise refused(column, "yes or no")
    return made


def categorical(values, column):
    levels = set(column["levels"])
    return np.array([level(value, levels) for value in values], object)


def multilabel(values, column):
    levels, separator = set(column["levels"]), column["separator"]
    marks = [mark for mark in "|;," if not any(mark in name for name in levels)] or [separator]
    pattern = "[" + re.escape("".join(marks)) + "]"

    def cell(value):
        if isinstance(value, (list, tuple, set, np.ndarray)):
            labels = [str(label).strip() for label in value]
        else:
            text = "" if pd.isna(value) else str(value).strip()
            if text == "" or (text in MISSING and text not in levels):
                return ""
            labels = [label.strip() for label in re.split(pattern, text)]
        return separator.join(label for label in labels if label) or separator  # known to have none

    return np.array([cell(value) for value in values], object)


def number(value, column, what):
    if pd.isna(value):
        return np.nan
    if isinstance(value, (numbers.Number, np.bool_)):
        return float(value)
    text = str(value).strip()
    if text in MISSING:
        return np.nan
    if NUMBER.fullmatch(text) is None:
        raise refused(column, what)
    return float(text)


def truth(value, column):
    text = value.strip().lower() if isinstance(value, str) else ""
    return 1.0 if text in TRUE else 0.0 if text in FALSE else number(value, column, "yes or no")


def level(value, levels):
    """The spelling that training knows: a level 1 arrives as the number 1.0 where a column has missing cells."""
    if pd.isna(value):
        return ""
    if isinstance(value, (bool, np.bool_)):
        spellings = [str(value), str(value).lower()]
    elif isinstance(value, numbers.Number):
        spellings = spelled(float(value))
    else:
        text = str(value).strip()
        if text in MISSING and text not in levels:
            return ""
        spellings = [text, *(spelled(float(text)) if NUMBER.fullmatch(text) else [])]
    return next((text for text in spellings if text in levels), spellings[0])


def spelled(value):
    return [str(int(value)), repr(value)] if value.is_integer() else [repr(value)]


def refused(column, what):
    return ValueError(f'column {column["name"]!r} holds something that is not {what}')


CONVERT = {"numeric": numeric, "boolean": boolean, "categorical": categorical, "multilabel": multilabel}
`;
