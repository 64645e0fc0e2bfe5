/* The times that the network reads: t, or t and r - t. */
#define MODEL_TIMES $times
/* Inputs of the network: times, condition, known parts and x. */
#define MODEL_INPUTS $inputs
/* Hidden layers. */
#define MODEL_LAYERS $layers
#if HAS_MEMORY
#if HAS_KNOWN
/* The condition vector, a 0 for "no condition" if the network has that, flags and known values. */
#define MODEL_MEMORY (MODEL_PARTS + 2 * MODEL_DIM)
#else
#define MODEL_MEMORY MODEL_CONDITION
#endif
#endif
#if HAS_NONE
/* The row of the first layer for "no condition", after those of the classes and of the vector. */
#define MODEL_NONE_ROW (MODEL_CLASSES + MODEL_CONDITION)
#if HAS_MEMORY
/* What is read of the memory without a condition starts here. */
#if HAS_KNOWN
#define MODEL_UNCONDITIONAL_FROM MODEL_PARTS
#else
#define MODEL_UNCONDITIONAL_FROM MODEL_MEMORY
#endif
#endif
#endif

/* A layer: its biases, then how its sums become the next layer's inputs, and its weights. */
#if HAS_F32
typedef struct model_layer {
    const float *bias;
    const float *weights;
} model_layer;
#else
typedef struct model_layer {
    const int32_t *bias;
    const uint16_t *multipliers;
    const int8_t *weights;
    uint8_t shift;
    uint8_t fraction;
} model_layer;
#endif

