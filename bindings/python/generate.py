#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write the C source of the extension module _k8snet, out of the public headers.

usage: generate.py OUTPUT.c HEADER...

The declarations that cffi compiles against are the headers themselves, without
comments and preprocessor lines, so the bindings cannot drift from the library.
"""

import re
import sys

import cffi

# Functions of Python that the library calls back.
CALLBACKS = """
extern "Python" void k8snet_py_log(void *, enum k8snet_log_level, const char *);
extern "Python" int k8snet_py_write(void *, const char *, size_t);
extern "Python" void k8snet_py_progress(void *, const struct k8snet_op *);
extern "Python" void k8snet_py_report(void *, const struct k8snet_load_report *);
extern "Python" int k8snet_py_lease(void *, const char *, const struct k8snet_address *, bool);
void free(void *);
"""

CONSTANT = re.compile(r"#\s*define\s+(K8SNET_\w+)\s+(?:0x[0-9a-fA-F]+|\d+)\s*$", re.M)
TEXT_CONSTANT = re.compile(r'#\s*define\s+(K8SNET_\w+)\s+"[^"]*"\s*$', re.M)


def declarations(header):
    """The declarations of a C header, as cffi's cdef() takes them."""
    header = re.sub(r"/\*.*?\*/", " ", header, flags=re.S)
    header = re.sub(r"//[^\n]*", "", header)
    header = re.sub(r"#\s*ifdef\s+__cplusplus.*?#\s*endif", "", header, flags=re.S)
    constants = [f"#define {name} ..." for name in CONSTANT.findall(header)]
    constants += [f"static char *const {name};" for name in TEXT_CONSTANT.findall(header)]
    header = re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*$", "", header, flags=re.M)
    header = re.sub(r"\n\s*\n+", "\n", header)
    return "\n".join(constants) + header


def main(output, paths):
    ffi = cffi.FFI()
    for path in paths:
        with open(path, encoding="utf-8") as file:
            ffi.cdef(declarations(file.read()))
    ffi.cdef(CALLBACKS)
    ffi.set_source("_k8snet", "#include <stdlib.h>\n#include <k8snet/k8snet.h>")
    ffi.emit_c_code(output)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
