/* Powers and products of eight numbers at a time.
 *
 * Fixed bases: a table of base^(d·2^(w·i)), in Montgomery form but for i = 0, so that a power comes out of
 * that form with its last product. New bases: the squarings x^(2^i) are shared by all exponents (Yao 1976), each
 * multiplied into the bucket chosen by the joint digits of a few exponents; the buckets give the powers at the end.
 *
 * Secrets. Control flow depends on no exponent and no number, but addresses do: tables and buckets are indexed with
 * digits of exponents, which other programs on the same processor may be able to observe. This is not constant-time
 * code.
 */
#pragma once
#include "_ifma_arithmetic.h"

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
