/* The module that brings powers and products modulo a 4096-bit prime, eight at a time, to Python.
 *
 * Everything that comes in is a buffer whose length is checked before anything is read; numbers are 512 bytes, exponents
 * 32, little-endian. The arithmetic runs without the interpreter's lock. On other processors and compilers the module
 * can be imported and supports nothing.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

#include "_ifma_powers.h"

static int processor_serves(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512ifma");
}

static void *aligned(size_t size) {
    void *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    if (memory == NULL) PyErr_NoMemory();
    else memset(memory, 0, size);
    return memory;
}

static int refuse(const char *why) {
    PyErr_SetString(PyExc_ValueError, why);
    return 0;
}

typedef struct {
    Py_buffer view;
    int window;
} Table;

/* What a function of the module holds: buffers, the modulus first among them, and memory. */
typedef struct {
    Py_buffer view[5];
    Table *tables;
    Py_ssize_t count;
    Fixed *rows;
    Field *field;
    Work *work;
} Call;

static void end(Call *call) {
    for (int i = 0; i < 5; i++) PyBuffer_Release(&call->view[i]);
    for (Py_ssize_t i = 0; i < call->count; i++) PyBuffer_Release(&call->tables[i].view);
    PyMem_Free(call->tables);
    PyMem_Free(call->rows);
    free(call->field);
    free(call->work);
}

/* The functions from here to `take_rows` return 0 after an error, which is then set. */
static int take_modulus(Call *call) {
    if (!processor_serves()) {
        PyErr_SetString(PyExc_RuntimeError, "the processor has no AVX-512 IFMA");
        return 0;
    }
    if (call->view[0].len != 2 * BYTES) return refuse("a modulus is p and 2^8320 mod p, 512 bytes each");
    if ((call->field = aligned(sizeof(Field))) == NULL) return 0;
    if (field_from(call->field, call->view[0].buf)) return 1;
    return refuse("p must have 4096 bits, the 208 lowest and 248 highest of them set");
}

static int is_window(int window) { return window >= 1 && window <= 16; }

/* Take the buffers of a sequence of (buffer, window), each of the size its window asks for. */
static int take_tables(Call *call, PyObject *sequence) {
    Py_ssize_t count = PySequence_Size(sequence);
    if (count < 0) return 0;
    if ((call->tables = PyMem_Calloc(count ? count : 1, sizeof(Table))) == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    while (call->count < count) {
        Table *table = &call->tables[call->count];
        PyObject *item = PySequence_GetItem(sequence, call->count);
        if (item == NULL) return 0;
        int parsed = PyArg_Parse(item, "(y*i);a table is a pair of buffer and window", &table->view, &table->window);
        Py_DECREF(item);
        if (!parsed) return 0;
        call->count++;
        if (!is_window(table->window) || (size_t)table->view.len != table_size(table->window)) {
            return refuse("a window has 1 to 16 bits, and a table 640 bytes for each entry");
        }
    }
    return 1;
}

static int32_t integer_at(const Py_buffer *view, Py_ssize_t i) {
    int32_t value;
    memcpy(&value, (const char *)view->buf + i * (Py_ssize_t)sizeof value, sizeof value);
    return value;
}

/* Take the table parts of n rows: of each the index of its table, or -1, and the exponent. */
static int take_rows(Call *call, const Py_buffer *choice, const Py_buffer *exponents, Py_ssize_t n) {
    if ((call->rows = PyMem_Calloc(n ? n : 1, sizeof(Fixed))) == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        int32_t index = integer_at(choice, i);
        if (index < -1 || index >= call->count) return refuse("there is no table of that index");
        call->rows[i].exponent = (const uint8_t *)exponents->buf + i * EXPONENT;
        if (index < 0) continue;
        call->rows[i].table = call->tables[index].view.buf;
        call->rows[i].window = call->tables[index].window;
    }
    return 1;
}

static PyObject *table(PyObject *self, PyObject *args) {
    Call call = {0};
    Py_buffer *base = &call.view[1], *out = &call.view[2];
    int window, done = 0;
    if (!PyArg_ParseTuple(args, "y*y*iw*:table", &call.view[0], base, &window, out)) return NULL;
    if (!is_window(window) || base->len != BYTES || (size_t)out->len != table_size(window)) {
        refuse("a window has 1 to 16 bits, a base 512 bytes, and a table 640 bytes for each entry");
    } else if (take_modulus(&call)) {
        Py_BEGIN_ALLOW_THREADS
        fill_table(out->buf, base->buf, window, call.field);
        Py_END_ALLOW_THREADS
        done = 1;
    }
    end(&call);
    if (!done) return NULL;
    Py_RETURN_NONE;
}

static PyObject *fixed(PyObject *self, PyObject *args) {
    Call call = {0};
    Py_buffer *choice = &call.view[1], *exponents = &call.view[2];
    PyObject *tables, *result = NULL;
    if (!PyArg_ParseTuple(args, "y*Oy*y*:fixed", &call.view[0], &tables, choice, exponents)) return NULL;
    Py_ssize_t n = exponents->len / EXPONENT;
    if (exponents->len % EXPONENT || choice->len != n * (Py_ssize_t)sizeof(int32_t)) {
        refuse("every row has 4 bytes of choice and 32 of exponent");
    } else if (take_tables(&call, tables) && take_rows(&call, choice, exponents, n) && take_modulus(&call) &&
               (result = PyBytes_FromStringAndSize(NULL, n * BYTES)) != NULL) {
        uint8_t *out = (uint8_t *)PyBytes_AsString(result);
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t first = 0; first < n; first += LANES) fixed_lanes(out, call.rows, first, n, call.field);
        Py_END_ALLOW_THREADS
    }
    end(&call);
    return result;
}

static PyObject *chain(PyObject *self, PyObject *args) {
    Call call = {0};
    Py_buffer *bases = &call.view[1], *choice = &call.view[2], *v = &call.view[3], *c = &call.view[4];
    PyObject *tables, *values = NULL, *members = NULL, *result = NULL;
    int m, excess;
    if (!PyArg_ParseTuple(args, "y*iOy*iy*y*y*:chain", &call.view[0], &excess, &tables, bases, &m, choice, v, c)) {
        return NULL;
    }
    Py_ssize_t n = bases->len / BYTES;
    if (m < 0 || m > MOST_ROWS || excess < 1 || excess > 0xffff) {
        refuse("there are 0 to 1024 rows to a base, and q is 2^256 less 1 to 65535");
    } else if (bases->len % BYTES || v->len != n * m * EXPONENT || c->len != v->len ||
               choice->len != n * m * (Py_ssize_t)sizeof(int32_t)) {
        refuse("a base has 512 bytes, each row 4 of choice and 32 of either exponent");
    } else if (take_tables(&call, tables) && take_rows(&call, choice, v, n * m) && take_modulus(&call) &&
               (call.work = aligned(sizeof(Work) + LANES * ENTRY * buckets_for(m))) != NULL &&
               (values = PyBytes_FromStringAndSize(NULL, n * m * BYTES)) != NULL &&
               (members = PyBytes_FromStringAndSize(NULL, n)) != NULL) {
        uint8_t *out = (uint8_t *)PyBytes_AsString(values), *member = (uint8_t *)PyBytes_AsString(members);
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t first = 0; first < n; first += LANES) {
            Chain lanes[LANES];
            for (Py_ssize_t lane = 0; lane < LANES; lane++) {
                Py_ssize_t i = first + lane < n ? first + lane : n - 1; /* spare lanes repeat the last base */
                lanes[lane] = (Chain){(uint8_t *)bases->buf + i * BYTES, (uint8_t *)c->buf + i * m * EXPONENT,
                                      call.rows + i * m, out + i * m * BYTES, member + i};
            }
            chain_lanes(lanes, m, excess, call.work, call.field);
        }
        Py_END_ALLOW_THREADS
        result = PyTuple_Pack(2, values, members);
    }
    Py_XDECREF(values);
    Py_XDECREF(members);
    end(&call);
    return result;
}

static PyObject *products(PyObject *self, PyObject *args) {
    Call call = {0};
    Py_buffer *counts = &call.view[1], *numbers = &call.view[2];
    PyObject *result = NULL;
    if (!PyArg_ParseTuple(args, "y*y*y*:products", &call.view[0], counts, numbers)) return NULL;
    Py_ssize_t n = counts->len / (Py_ssize_t)sizeof(int32_t), left = numbers->len / BYTES;
    int good = counts->len % sizeof(int32_t) == 0 && numbers->len % BYTES == 0;
    for (Py_ssize_t i = 0; good && i < n; i++) {
        good = integer_at(counts, i) >= 0 && integer_at(counts, i) <= left;
        left -= integer_at(counts, i);
    }
    if (!good || left != 0) {
        refuse("a column has a count of 4 bytes and that many numbers of 512 bytes");
    } else if (take_modulus(&call) && (result = PyBytes_FromStringAndSize(NULL, n * BYTES)) != NULL) {
        uint8_t *out = (uint8_t *)PyBytes_AsString(result);
        const uint8_t *next = numbers->buf;
        Py_BEGIN_ALLOW_THREADS
        for (Py_ssize_t first = 0; first < n; first += LANES) {
            uint8_t *to[LANES], spare[BYTES];
            const uint8_t *from[LANES];
            Py_ssize_t lengths[LANES];
            for (Py_ssize_t lane = 0; lane < LANES; lane++) {
                int used = first + lane < n;
                to[lane] = used ? out + (first + lane) * BYTES : spare;
                from[lane] = next;
                lengths[lane] = used ? integer_at(counts, first + lane) : 0;
                next += lengths[lane] * BYTES;
            }
            product_lanes(to, from, lengths, call.field);
        }
        Py_END_ALLOW_THREADS
    }
    end(&call);
    return result;
}

#define KERNEL \
    {"table", table, METH_VARARGS, "table(modulus, base, window, out): fill out with the table of a base."}, \
    {"fixed", fixed, METH_VARARGS, "fixed(modulus, tables, choice, exponents): powers from tables."}, \
    {"chain", chain, METH_VARARGS, "chain(modulus, excess, tables, bases, m, choice, v, c): values, members."}, \
    {"products", products, METH_VARARGS, "products(modulus, counts, numbers): the product of each column."},

#else /* another processor or compiler: a module that serves nothing */

#include <Python.h>
static int processor_serves(void) { return 0; }
#define KERNEL

#endif

static PyObject *supported(PyObject *self, PyObject *none) { return PyBool_FromLong(processor_serves()); }

static PyMethodDef methods[] = {
    {"supported", supported, METH_NOARGS, "supported(): whether this processor runs the kernel."},
    KERNEL
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_ifma",
    .m_doc = "Powers and products modulo a 4096-bit prime with AVX-512 IFMA.",
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__ifma(void) { return PyModuleDef_Init(&module); }
