/* Numbers modulo a 4096-bit prime, eight at a time, with AVX-512 IFMA.
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
 */
#pragma once
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

/* From here to the end of _ifma_powers.h, functions may use these instructions. */
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
