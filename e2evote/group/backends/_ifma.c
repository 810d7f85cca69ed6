/* Powers and products modulo a 4096-bit prime, eight numbers at a time, with AVX-512 IFMA.
 *
 * Representation. A number is 80 digits of 52 bits, the width IFMA multiplies; a Num holds eight numbers, digit by
 * digit, one in each 64-bit lane. Numbers are kept in Montgomery form, x·R mod p with R = 2^4160, and not quite
 * reduced: below 2p.
 *
 * Reduction (Montgomery 1985; IFMA as in Gueron and Krasnov 2016). The primes served have their 208 lowest and 248
 * highest bits set, so p = 2^4096 − c − 1 with c of the digits 4 … 73 only. From T = a·b take t = T − 1 mod R digit by
 * digit, and the quotient Q = R − 1 − t, whose digits are the complements of those of t. Then, in integers,
 *
 *     T − Q·p  =  T + Q + Q·c − Q·2^4096  =  (T + Q·c + (t + 1)·2^4096) + Q − R·2^4096
 *
 * is a multiple of R; Q·c and t·2^4096 are themselves counted in the columns that t is read from, and no digit is
 * needed before it is known, because c has none below 4. The result y = (T − Q·p)/R + p satisfies 0 < y <= p + a·b/R,
 * thus for a, b < 2p also y < p + p/2^60, without a conditional subtraction. `start` holds what the constants add to
 * each column.
 *
 * Products have one level of Karatsuba's method: with a = a0 + a1·B, B = 2^2080, the middle a0·b1 + a1·b0 is a0·b0 +
 * a1·b1 − (a0 − a1)·(b0 − b1), the differences taken mod B, which is put right by adding a difference again where the
 * other was negative. Squares form the products off the diagonal once and double them. Columns are made eight at a
 * time, low and high halves in 16 registers, row by row; all shapes are constants of the loops, so that compilers keep
 * the sums in registers. No column exceeds 80·(1 + 3)·2^52 from a·b, 142·2^52 from the reduction and a little for
 * differences and carries: less than 2^61 in absolute value, so signed 64 bits hold it.
 *
 * Powers. Fixed bases: a table of base^(d·2^(w·i)), in Montgomery form but for i = 0, so that a power comes out of
 * that form with its last product. New bases: the squarings x^(2^i) are shared by all exponents (Yao 1976), each
 * multiplied into the bucket chosen by the joint digits of a few exponents; the buckets give the powers at the end.
 *
 * Secrets. Control flow depends on no exponent and no number, but addresses do: tables and buckets are indexed with
 * digits of exponents, which other programs on the same processor may be able to observe. This is not constant-time
 * code.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

#include <immintrin.h>
#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512ifma,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define UNROLL _Pragma("clang loop unroll(full)")
#define NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512ifma,avx512vl,avx512dq,avx512bw")
#define UNROLL _Pragma("GCC unroll 80")
#define NO_UNROLL _Pragma("GCC unroll 1")
#endif
#define INLINE static inline __attribute__((always_inline))

enum {
    BYTES = 512,        /* of a number outside */
    EXPONENT = 32,      /* bytes of an exponent */
    MOST_ROWS = 1024,   /* to one base */
    LANES = 8,
    DIGITS = 80,        /* of a number; the last is 0 */
    HALF = DIGITS / 2,
    ENTRY = 8 * DIGITS, /* bytes of a number in tables and buckets */
    TILE = 8,           /* columns made together */
    TOP = 78,           /* where 2^4096 is, as 2^40 */
    C_BOTTOM = 4,       /* the lowest and highest digits of c */
    C_TOP = 73,
    ZEROS = 8,          /* before and after t and Q: the steps at the edges read them */
};

static const uint64_t MASK = ((uint64_t)1 << 52) - 1;

typedef struct {
    __m512i d[DIGITS];
} Num;

/* The modulus, and the space of one product: each call of the module has its own. */
typedef struct {
    __m512i columns[2 * DIGITS], t[ZEROS + DIGITS + ZEROS], q[ZEROS + DIGITS + ZEROS];
    Num one, square_of_r, unit; /* R and R^2 mod p; the number 1 */
    uint64_t c[DIGITS];
    int64_t start[2 * DIGITS];
} Field;

typedef struct {
    __m512i lo[TILE], hi[TILE];
} Sums;

/* ---------------------------------------------------------------------------------------------- products */

INLINE __m512i digit_of(const void *y, int j, int same) {
    return same ? _mm512_set1_epi64(((const long long *)y)[j]) : ((const __m512i *)y)[j];
}

/* Add x·y[j0 + column] to the columns lo_from … lo_to, high halves to hi_from … hi_to; `same`: one y for all lanes. */
INLINE void row(Sums *s, __m512i x, const void *y, int j0, int same, int lo_from, int lo_to, int hi_from, int hi_to) {
    UNROLL for (int t = -1; t < TILE; t++) {
        int low = t >= lo_from && t <= lo_to, high = t + 1 >= hi_from && t + 1 <= hi_to;
        if (!low && !high) continue;
        __m512i factor = digit_of(y, j0 + t, same);
        if (low) s->lo[t] = _mm512_madd52lo_epu64(s->lo[t], x, factor);
        if (high) s->hi[t + 1] = _mm512_madd52hi_epu64(s->hi[t + 1], x, factor);
    }
}

/* The first rows at which the columns k … k+7 meet y's highest digit, one column more with each; returns the next. */
INLINE int rows_entering(Sums *s, const __m512i *x, const void *y, int k, int top, int same, int rows) {
    UNROLL for (int n = -1; n < rows - 1; n++) row(s, x[k - top + n], y, top - n, same, 0, n, 0, n + 1);
    return k - top + rows - 1;
}

/* An even number of rows that meet all eight columns, two at a time. To the compiler each pair reads another y: if it
 * knew that consecutive rows share digits, it would keep them and move them between registers, slower than reading. */
INLINE void rows_full(Sums *s, const __m512i *x, const void *y, int k, int from, int end, int same) {
    NO_UNROLL for (int i = from; i < end; i += 2) {
        __asm__("" : "+r"(y));
        row(s, x[i], y, k - i, same, 0, TILE - 1, 0, TILE - 1);
        row(s, x[i + 1], y, k - i - 1, same, 0, TILE - 1, 0, TILE - 1);
    }
}

/* The rows from..end-1 of those at which the columns leave the lowest digit of y, one column less with each. */
INLINE void rows_leaving(Sums *s, const __m512i *x, const void *y, int k, int bottom, int same, int from, int end) {
    UNROLL for (int n = from; n < end; n++) {
        row(s, x[k - bottom + n], y, bottom - n, same, n, TILE - 1, n + 1, TILE - 1);
    }
}

/* The columns of x·y, half as long as numbers. */
static __attribute__((noinline)) void half_product(__m512i *columns, const __m512i *x, const __m512i *y) {
    NO_UNROLL for (int k = 0; k < DIGITS; k += TILE) {
        Sums s;
        UNROLL for (int t = 0; t < TILE; t++) s.lo[t] = s.hi[t] = _mm512_setzero_si512();
        if (k < HALF) {
            rows_full(&s, x, y, k, 0, k, 0);
            rows_leaving(&s, x, y, k, 0, 0, 0, TILE);
        } else {
            int i = rows_entering(&s, x, y, k, HALF - 1, 0, TILE);
            rows_full(&s, x, y, k, i, HALF, 0);
        }
        UNROLL for (int t = 0; t < TILE; t++) columns[k + t] = _mm512_add_epi64(s.lo[t], s.hi[t]);
    }
}

/* The columns k … k+7 of x·x; the `last` are so few that rows both enter and leave at once. */
INLINE void columns_of_square(__m512i *columns, const __m512i *x, int k, int last) {
    int i = 0, middle = k / 2;
    Sums s;
    UNROLL for (int t = 0; t < TILE; t++) s.lo[t] = s.hi[t] = _mm512_setzero_si512();
    if (last) rows_entering(&s, x, x, k, HALF - 1, 0, TILE / 2);
    else {
        if (k >= HALF) i = rows_entering(&s, x, x, k, HALF - 1, 0, TILE);
        rows_full(&s, x, x, k, i, middle, 0);
    }
    UNROLL for (int n = 0; n < TILE / 2; n++) {
        int to = last ? n + 3 : TILE - 1;
        row(&s, x[middle + n], x, middle - n, 0, 2 * n + 1, to, 2 * n + 2, last ? to + 1 : to);
    }
    UNROLL for (int n = 0; n < TILE / 2; n++) {
        __m512i low = _mm512_add_epi64(s.lo[2 * n], s.hi[2 * n]), factor = x[middle + n];
        __m512i high = _mm512_add_epi64(s.lo[2 * n + 1], s.hi[2 * n + 1]);
        columns[k + 2 * n] = _mm512_madd52lo_epu64(_mm512_add_epi64(low, low), factor, factor);
        columns[k + 2 * n + 1] = _mm512_madd52hi_epu64(_mm512_add_epi64(high, high), factor, factor);
    }
}

static __attribute__((noinline)) void half_square(__m512i *columns, const __m512i *x) {
    NO_UNROLL for (int k = 0; k < DIGITS - TILE; k += TILE) columns_of_square(columns, x, k, 0);
    columns_of_square(columns, x, DIGITS - TILE, 1);
}

/* The lower half of a less the upper, mod 2^2080; returns where that was negative. */
INLINE __mmask8 difference_of_halves(__m512i *d, const __m512i *a) {
    __m512i carry = _mm512_setzero_si512();
    UNROLL for (int j = 0; j < HALF; j++) {
        __m512i v = _mm512_add_epi64(_mm512_sub_epi64(a[j], a[HALF + j]), carry);
        carry = _mm512_srai_epi64(v, 52);
        d[j] = _mm512_and_si512(v, _mm512_set1_epi64(MASK));
    }
    return _mm512_movepi64_mask(carry);
}

/* Put the product of the differences x and y, negative in the lanes of x_below and y_below, between the other two. */
INLINE void add_middle(__m512i *columns, const __m512i *product, const __m512i *x, const __m512i *y, __mmask8 x_below,
                       __mmask8 y_below) {
    __m512i *c = columns;
    for (int j = 0; j < HALF; j++) {
        __m512i low = _mm512_sub_epi64(_mm512_add_epi64(c[j], c[DIGITS + j]), product[j]);
        __m512i high = _mm512_sub_epi64(_mm512_add_epi64(c[HALF + j], c[DIGITS + HALF + j]), product[HALF + j]);
        high = _mm512_mask_add_epi64(high, x_below, high, y[j]);
        high = _mm512_mask_add_epi64(high, y_below, high, x[j]);
        c[HALF + j] = _mm512_add_epi64(c[HALF + j], low);
        c[DIGITS + j] = _mm512_add_epi64(c[DIGITS + j], high);
    }
    c += DIGITS + HALF;
    *c = _mm512_mask_sub_epi64(*c, x_below & y_below, *c, _mm512_set1_epi64(1));
}

/* Carry through the columns from..end-1; their digits go to `digits`, the complements to `complements` unless NULL. */
INLINE void carry_columns(Sums *s, __m512i *carry, int from, int end, __m512i *digits, __m512i *complements) {
    const __m512i mask = _mm512_set1_epi64(MASK);
    UNROLL for (int t = from; t < end; t++) {
        __m512i v = _mm512_add_epi64(_mm512_add_epi64(s->lo[t], s->hi[t]), *carry);
        *carry = _mm512_srai_epi64(v, 52);
        digits[t] = _mm512_and_si512(v, mask);
        if (complements) complements[t] = _mm512_andnot_si512(v, mask);
    }
}

/* out = columns/R mod p. */
static __attribute__((noinline)) void montgomery(Num *out, Field *f) {
    const __m512i shift = _mm512_set1_epi64((long long)1 << 40);
    __m512i carry = _mm512_setzero_si512(), *t = f->t + ZEROS, *q = f->q + ZEROS;
    NO_UNROLL for (int k = 0; k < 2 * DIGITS; k += TILE) {
        Sums s;
        int i = 0;
        UNROLL for (int n = 0; n < TILE; n++) {
            s.lo[n] = f->columns[k + n];
            s.hi[n] = _mm512_set1_epi64(f->start[k + n]);
        }
        if (k >= DIGITS - TILE) {
            UNROLL for (int n = 0; n < TILE; n++) { /* t·2^4096 */
                s.lo[n] = _mm512_madd52lo_epu64(s.lo[n], t[k - TOP + n], shift);
                s.hi[n] = _mm512_madd52hi_epu64(s.hi[n], t[k - TOP + n - 1], shift);
            }
            i = rows_entering(&s, q, f->c, k, C_TOP, 1, TILE);
        }
        if (k < DIGITS) {
            rows_full(&s, q, f->c, k, i, k - C_BOTTOM, 1);
            rows_leaving(&s, q, f->c, k, C_BOTTOM, 1, 0, TILE / 2);
            carry_columns(&s, &carry, 0, TILE / 2, t + k, q + k);
            rows_leaving(&s, q, f->c, k, C_BOTTOM, 1, TILE / 2, TILE);
            carry_columns(&s, &carry, TILE / 2, TILE, t + k, q + k);
        } else {
            rows_full(&s, q, f->c, k, i, DIGITS, 1);
            carry_columns(&s, &carry, 0, TILE, out->d + (k - DIGITS), NULL);
        }
    }
}

/* out = a·b/R and a·a/R mod p; the output may be an input. What will be t and q holds other things until then. */
static void multiply(Num *out, const Num *a, const Num *b, Field *f) {
    __m512i *middle = f->t + ZEROS, *x = f->q + ZEROS, *y = x + HALF;
    __mmask8 x_below = difference_of_halves(x, a->d), y_below = difference_of_halves(y, b->d);
    half_product(f->columns, a->d, b->d);
    half_product(f->columns + DIGITS, a->d + HALF, b->d + HALF);
    half_product(middle, x, y);
    add_middle(f->columns, middle, x, y, x_below, y_below);
    montgomery(out, f);
}

static void square(Num *out, const Num *a, Field *f) {
    __m512i *middle = f->t + ZEROS, *x = f->q + ZEROS;
    __mmask8 x_below = difference_of_halves(x, a->d);
    half_square(f->columns, a->d);
    half_square(f->columns + DIGITS, a->d + HALF);
    half_square(middle, x);
    add_middle(f->columns, middle, x, x, x_below, x_below);
    montgomery(out, f);
}

/* Reduce y < 2p to y < p: y − p = y + c + 1 − 2^4096, taken where that is not negative. */
static void reduce(Num *y, const Field *f) {
    const __m512i mask = _mm512_set1_epi64(MASK);
    __m512i carry = _mm512_set1_epi64(1), less[TOP + 1];
    for (int j = 0; j <= TOP; j++) {
        __m512i v = _mm512_add_epi64(_mm512_add_epi64(y->d[j], _mm512_set1_epi64(f->c[j])), carry);
        less[j] = _mm512_and_si512(v, mask);
        carry = _mm512_srli_epi64(v, 52);
    }
    __mmask8 enough = _mm512_test_epi64_mask(less[TOP], _mm512_set1_epi64(-((long long)1 << 40)));
    less[TOP] = _mm512_and_si512(less[TOP], _mm512_set1_epi64(((long long)1 << 40) - 1));
    for (int j = 0; j <= TOP; j++) y->d[j] = _mm512_mask_mov_epi64(y->d[j], enough, less[j]);
}

/* ------------------------------------------------------------------------------ lanes and numbers in memory */

INLINE void transpose(__m512i r[8]) {
    __m512i u[8], v[8];
    UNROLL for (int n = 0; n < 4; n++) {
        u[2 * n] = _mm512_unpacklo_epi64(r[2 * n], r[2 * n + 1]);
        u[2 * n + 1] = _mm512_unpackhi_epi64(r[2 * n], r[2 * n + 1]);
    }
    UNROLL for (int n = 0; n < 2; n++) {
        v[n] = _mm512_shuffle_i64x2(u[n], u[n + 2], 0x88);
        v[n + 2] = _mm512_shuffle_i64x2(u[n], u[n + 2], 0xdd);
        v[n + 4] = _mm512_shuffle_i64x2(u[n + 4], u[n + 6], 0x88);
        v[n + 6] = _mm512_shuffle_i64x2(u[n + 4], u[n + 6], 0xdd);
    }
    UNROLL for (int n = 0; n < 4; n++) {
        r[n] = _mm512_shuffle_i64x2(v[n], v[n + 4], 0x88);
        r[n + 4] = _mm512_shuffle_i64x2(v[n], v[n + 4], 0xdd);
    }
}

/* Bring 8·blocks words from each of eight places into lanes, and back. */
static void gather(__m512i *words, const uint8_t *const from[LANES], int blocks) {
    for (int block = 0; block < blocks; block++) {
        __m512i r[8];
        UNROLL for (int n = 0; n < 8; n++) r[n] = _mm512_loadu_si512(from[n] + 64 * block);
        transpose(r);
        UNROLL for (int n = 0; n < 8; n++) words[8 * block + n] = r[n];
    }
}

static void scatter(uint8_t *const to[LANES], const __m512i *words, int blocks) {
    for (int block = 0; block < blocks; block++) {
        __m512i r[8];
        UNROLL for (int n = 0; n < 8; n++) r[n] = words[8 * block + n];
        transpose(r);
        UNROLL for (int n = 0; n < 8; n++) _mm512_storeu_si512(to[n] + 64 * block, r[n]);
    }
}

/* Eight numbers of 512 bytes into digits, as they are. */
static void unpack(Num *x, const uint8_t *const from[LANES]) {
    __m512i words[BYTES / 8 + 1];
    gather(words, from, BYTES / 64);
    words[BYTES / 8] = _mm512_setzero_si512();
    for (int j = 0; j < DIGITS; j++) {
        int word = 52 * j / 64, bit = 52 * j % 64;
        __m512i low = _mm512_setzero_si512(), high = low;
        if (word < BYTES / 8) {
            low = _mm512_srlv_epi64(words[word], _mm512_set1_epi64(bit));
            high = _mm512_sllv_epi64(words[word + 1], _mm512_set1_epi64(64 - bit)); /* a shift by 64 gives 0 */
        }
        x->d[j] = _mm512_and_si512(_mm512_or_si512(low, high), _mm512_set1_epi64(MASK));
    }
}

/* Eight numbers, not in Montgomery form, reduced and as 512 bytes each. */
static void pack(uint8_t *const to[LANES], Num *y, const Field *f) {
    __m512i words[BYTES / 8];
    reduce(y, f);
    for (int word = 0; word < BYTES / 8; word++) {
        int j = 64 * word / 52, bit = 64 * word % 52;
        words[word] = _mm512_srlv_epi64(y->d[j], _mm512_set1_epi64(bit));
        for (int n = 1; n <= 2; n++) {
            __m512i part = _mm512_sllv_epi64(y->d[j + n], _mm512_set1_epi64(52 * n - bit));
            words[word] = _mm512_or_si512(words[word], part);
        }
    }
    scatter(to, words, BYTES / 64);
}

static void unpack_one(Num *x, const uint8_t *from) {
    const uint8_t *const all[LANES] = {from, from, from, from, from, from, from, from};
    unpack(x, all);
}

/* Modulus: p, then R^2 mod p. Returns 0 where p is not of the form the products rely on. */
static int field_from(Field *f, const uint8_t *modulus) {
    Num p;
    for (int n = 0; n < 26; n++) {
        if (modulus[n] != 0xff) return 0;
    }
    for (int n = 1; n <= 31; n++) {
        if (modulus[BYTES - n] != 0xff) return 0;
    }
    memset(f, 0, sizeof *f);
    unpack_one(&p, modulus);
    for (int j = 0; j <= TOP; j++) {
        uint64_t ones = j < TOP ? MASK : MASK >> 12;
        f->c[j] = ones - (uint64_t)_mm_cvtsi128_si64(_mm512_castsi512_si128(p.d[j]));
        f->start[DIGITS + j] = -(int64_t)f->c[j];
    }
    f->start[0] = -1;
    f->start[TOP] = (int64_t)1 << 40;
    f->unit.d[0] = _mm512_set1_epi64(1);
    unpack_one(&f->square_of_r, modulus + BYTES);
    multiply(&f->one, &f->square_of_r, &f->unit, f);
    return 1;
}

/* -------------------------------------------------------------------------------------------------- powers */

static int positions_of(int window) { return (8 * EXPONENT + window - 1) / window; }

static size_t table_size(int window) { return ((size_t)positions_of(window) << window) * ENTRY; }

/* What one lane takes from a table; without a table, nothing. */
typedef struct {
    const uint8_t *table, *exponent;
    int window;
} Fixed;

/* The entry of a lane at a position; for what the lane does not have, 1 in the form that the position has. */
static const uint8_t *entry_at(const Fixed *lane, int position, const uint8_t ones[2][ENTRY]) {
    if (lane->table == NULL || position >= positions_of(lane->window)) return ones[position > 0];
    int bit = position * lane->window;
    uint32_t part = 0;
    for (int n = 0; n < 3 && bit / 8 + n < EXPONENT; n++) part |= (uint32_t)lane->exponent[bit / 8 + n] << (8 * n);
    size_t d = part >> (bit % 8) & (((uint32_t)1 << lane->window) - 1);
    return lane->table + (((size_t)position << lane->window) + d) * ENTRY;
}

/* y = y·T^v in every lane, and out of Montgomery form, because the entries of position 0 are; without y, T^v. */
static void times_fixed(Num *y, const Fixed lanes[LANES], Field *f, int fresh) {
    uint8_t ones[2][ENTRY], spare[ENTRY];
    uint8_t *const to[2][LANES] = {{ones[0], spare, spare, spare, spare, spare, spare, spare},
                                   {ones[1], spare, spare, spare, spare, spare, spare, spare}};
    const uint8_t *entry[LANES];
    int positions = 1;
    Num x = {0};
    scatter(to[0], f->unit.d, ENTRY / 64);
    scatter(to[1], f->one.d, ENTRY / 64);
    for (int n = 0; n < LANES; n++) {
        int own = lanes[n].table ? positions_of(lanes[n].window) : 0;
        if (positions < own) positions = own;
        entry[n] = entry_at(&lanes[n], 0, ones);
    }
    for (int i = 0; i < positions; i++) {
        gather(x.d, entry, ENTRY / 64);
        for (int n = 0; n < LANES; n++) { /* tables exceed the caches: ask for the next entries early */
            entry[n] = entry_at(&lanes[n], i + 1, ones);
            for (int line = 0; line < ENTRY; line += 64) _mm_prefetch((const char *)entry[n] + line, _MM_HINT_T0);
        }
        if (fresh && i == 0) *y = x;
        else multiply(y, y, &x, f);
    }
}

/* The rows first … first+7 of n. */
static void fixed_lanes(uint8_t *out, const Fixed *rows, Py_ssize_t first, Py_ssize_t n, Field *f) {
    Fixed lanes[LANES];
    uint8_t *to[LANES];
    Num y;
    for (Py_ssize_t lane = 0; lane < LANES; lane++) {
        Py_ssize_t i = first + lane < n ? first + lane : n - 1; /* spare lanes repeat the last row */
        lanes[lane] = rows[i];
        to[lane] = out + i * BYTES;
    }
    times_fixed(&y, lanes, f, 1);
    pack(to, &y, f);
}

static void fill_table(uint8_t *out, const uint8_t *base, int window, Field *f) {
    int positions = positions_of(window);
    Num b, x, power = {0};
    uint8_t spare[ENTRY];
    uint8_t *to[LANES];
    unpack_one(&b, base);
    multiply(&power, &b, &f->square_of_r, f);
    for (int first = 0; first < positions; first += LANES) {
        for (int n = 0; n < LANES; n++) { /* lane n keeps the power of position first + n */
            for (int j = 0; j < DIGITS; j++) b.d[j] = _mm512_mask_mov_epi64(b.d[j], (__mmask8)(1 << n), power.d[j]);
            for (int i = 0; i < window; i++) square(&power, &power, f);
        }
        x = f->one;
        if (first == 0) { /* a number not in Montgomery form times one that is stays so */
            for (int j = 0; j < DIGITS; j++) x.d[j] = _mm512_mask_mov_epi64(x.d[j], 1, f->unit.d[j]);
        }
        for (size_t d = 0; d < (size_t)1 << window; d++) {
            for (int n = 0; n < LANES; n++) {
                to[n] = first + n < positions ? out + (((size_t)(first + n) << window) + d) * ENTRY : spare;
            }
            scatter(to, x.d, ENTRY / 64);
            multiply(&x, &x, &b, f);
        }
    }
}

/* Exponents that share buckets: `count` of them from `first` on, `bits` of each at a time. Five with one bit each cost
 * 256 + 53 products, two with two bits 128 + 26, one with four bits 64 + 28. */
typedef struct {
    int first, count, bits;
} Share;

static Share share_of(int first, int left) {
    Share s = {.first = first};
    s.count = left >= 5 ? 5 : left == 3 ? 2 : left;
    s.bits = s.count == 1 ? 4 : s.count == 2 ? 2 : 1;
    return s;
}

static size_t buckets_for(int m) {
    size_t buckets = 0;
    for (int first = 0; first < m;) {
        Share s = share_of(first, m - first);
        buckets += (size_t)1 << s.count * s.bits;
        first += s.count;
    }
    return buckets;
}

/* The powers of one share from its buckets: y_0 = Π_d C_d^d, where C_d is the product of all buckets whose lowest digit
 * is d; then the lowest digit is folded away for y_1, and so on. `work` is destroyed. */
static void powers_from(Num *y, Num *work, const Share *s, Field *f) {
    int digits = 1 << s->bits;
    for (int row = 0; row < s->count; row++) {
        int rest = 1 << s->bits * (s->count - 1 - row);
        Num sum, column;
        for (int d = digits - 1; d > 0; d--) {
            column = work[d];
            for (int h = 1; h < rest; h++) multiply(&column, &column, &work[h * digits + d], f);
            if (d == digits - 1) {
                sum = y[row] = column;
            } else {
                multiply(&sum, &sum, &column, f);
                multiply(&y[row], &y[row], &sum, f);
            }
        }
        for (int h = 1; h < rest; h++) { /* bucket 0 counts for nothing */
            column = work[h * digits];
            for (int d = 1; d < digits; d++) multiply(&column, &column, &work[h * digits + d], f);
            work[h] = column;
        }
    }
}

typedef struct {
    Num bucket[32], power[5]; /* of one share */
    uint8_t buckets[];        /* buckets_for(m) entries for each lane */
} Work;

typedef struct {
    const uint8_t *base, *c; /* m exponents */
    const Fixed *fixed;      /* m of them */
    uint8_t *out, *member;   /* m numbers, 1 byte */
} Chain;

/* Eight bases with m rows each. */
static void chain_lanes(const Chain lanes[LANES], int m, unsigned excess, Work *work, Field *f) {
    uint8_t *buckets = work->buckets;
    const uint8_t *from[LANES];
    uint8_t *to[LANES];
    size_t stride = buckets_for(m) * ENTRY;
    Num x, y = {0}, u = f->one;
    for (int n = 0; n < LANES; n++) from[n] = lanes[n].base;
    unpack(&x, from);
    multiply(&x, &x, &f->square_of_r, f);
    for (size_t offset = 0; offset < stride; offset += ENTRY) {
        for (int n = 0; n < LANES; n++) to[n] = buckets + n * stride + offset;
        scatter(to, f->one.d, ENTRY / 64);
    }
    for (int bit = 0; bit < 8 * EXPONENT; bit++) {
        uint8_t *next = buckets;
        for (int first = 0; first < m;) {
            Share s = share_of(first, m - first);
            if (bit % s.bits == 0) {
                for (int n = 0; n < LANES; n++) {
                    const uint8_t *c = lanes[n].c + (size_t)s.first * EXPONENT + bit / 8;
                    size_t index = 0;
                    for (int r = s.count - 1; r >= 0; r--) {
                        index = index << s.bits | (c[r * EXPONENT] >> (bit % 8) & ((1 << s.bits) - 1));
                    }
                    from[n] = to[n] = next + n * stride + index * ENTRY;
                }
                gather(y.d, from, ENTRY / 64);
                multiply(&y, &y, &x, f);
                scatter(to, y.d, ENTRY / 64);
            }
            next += ((size_t)1 << s.count * s.bits) * ENTRY;
            first += s.count;
        }
        if (bit < 16 && excess >> bit & 1) multiply(&u, &u, &x, f);
        square(&x, &x, f);
    }
    /* x^q = 1 if and only if x^(2^256) = x^(2^256 - q), unless x = 0 */
    reduce(&x, f);
    reduce(&u, f);
    __mmask8 differs = 0, not_zero = 0;
    for (int j = 0; j <= TOP; j++) {
        differs |= _mm512_cmpneq_epi64_mask(x.d[j], u.d[j]);
        not_zero |= _mm512_test_epi64_mask(x.d[j], x.d[j]);
    }
    for (int n = 0; n < LANES; n++) *lanes[n].member = (not_zero & ~differs) >> n & 1;

    uint8_t *next = buckets;
    for (int first = 0; first < m;) {
        Share s = share_of(first, m - first);
        Num *powers = work->power;
        Fixed fixed[LANES];
        for (int index = 0; index < 1 << s.count * s.bits; index++, next += ENTRY) {
            for (int n = 0; n < LANES; n++) from[n] = next + n * stride;
            gather(work->bucket[index].d, from, ENTRY / 64);
        }
        powers_from(powers, work->bucket, &s, f);
        for (int r = 0; r < s.count; r++) {
            for (int n = 0; n < LANES; n++) {
                fixed[n] = lanes[n].fixed[first + r];
                to[n] = lanes[n].out + (size_t)(first + r) * BYTES;
            }
            times_fixed(&powers[r], fixed, f, 0);
            pack(to, &powers[r], f);
        }
        first += s.count;
    }
}

/* Products of columns of raw numbers: R·Πx/R^k with k products, put right by R^(k+1), which the bits of k lead to. */
static void product_lanes(uint8_t *const to[LANES], const uint8_t *const from[LANES], const Py_ssize_t counts[LANES],
                          Field *f) {
    static const uint8_t unit[BYTES] = {1};
    Py_ssize_t longest = 0;
    Num y = f->one, x, correction = f->one;
    for (int n = 0; n < LANES; n++) longest = longest < counts[n] ? counts[n] : longest;
    for (Py_ssize_t i = 0; i < longest; i++) {
        const uint8_t *number[LANES];
        for (int n = 0; n < LANES; n++) number[n] = i < counts[n] ? from[n] + i * BYTES : unit;
        unpack(&x, number);
        multiply(&y, &y, &x, f);
    }
    int bit = 62;
    while (bit >= 0 && !(longest >> bit & 1)) bit--;
    for (; bit >= 0; bit--) {
        square(&correction, &correction, f);
        if (longest >> bit & 1) multiply(&correction, &correction, &f->square_of_r, f);
    }
    multiply(&y, &y, &correction, f);
    multiply(&y, &y, &f->unit, f);
    pack(to, &y, f);
}

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

/* -------------------------------------------------------------------------------------------------- Python */

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
