/* Sixteen points of the two moons in one step each, then by Euler and by Heun, bit by bit. */

#include "board.h"
#include "fm.h"
#include "moons.h" /* fm export examples/firmware/models/moons.fm --out moons.h */

static fm_model model;
static fm_sampler sampler;
static float work[MOONS_WORK_HEUN];

/* A line of the numbers' bits, which a test compares with the host's. */
static void print_bits(const char *method, const float *x) {
    print("bits ");
    print(method);
    print(":");
    for (int d = 0; d < MOONS_DIM; d++) {
        union {
            float number;
            uint32_t word;
        } bits = {x[d]};
        char text[] = " ........";
        for (int i = 8; i > 0; i--, bits.word >>= 4) {
            text[i] = "0123456789abcdef"[bits.word & 15];
        }
        print(text);
    }
    print("\n");
}

static fm_status draw(void) {
    fm_status status = fm_model_init(&model, moons, sizeof moons);
    if (status != FM_OK) return status;
    status = fm_sampler_init(&sampler, &model, work, MOONS_WORK_HEUN);
    for (uint64_t i = 0; i < 16 && status == FM_OK; i++) {
        float x[MOONS_DIM];
        status = fm_sample(&sampler, 1, i, x, MOONS_DIM);
        if (status == FM_OK) print_bits("meanflow", x);
    }
    /* Noise from elsewhere would do as well. */
    for (uint64_t i = 0; i < 4 && status == FM_OK; i++) {
        float x[MOONS_DIM];
        status = fm_noise(1, i, x, MOONS_DIM);
        if (status == FM_OK) status = fm_euler(&sampler, 8, x, MOONS_DIM);
        if (status == FM_OK) print_bits("euler", x);
    }
    /* Step by step, as a task of an executor would: anything may run in between. */
    for (uint64_t i = 0; i < 4 && status == FM_OK; i++) {
        float x[MOONS_DIM];
        status = fm_noise(1, i, x, MOONS_DIM);
        for (int k = 0; k < 4 && status == FM_OK; k++) {
            status = fm_heun_step(&sampler, k / 4.0f, (k + 1) / 4.0f, x, MOONS_DIM);
        }
        if (status == FM_OK) status = fm_finish(&sampler, x, MOONS_DIM);
        if (status == FM_OK) print_bits("heun", x);
    }
    return status;
}

int main(void) {
    fm_status status = draw();
    if (status != FM_OK) {
        print(fm_status_text(status));
        print("\n");
    }
    return status != FM_OK;
}
