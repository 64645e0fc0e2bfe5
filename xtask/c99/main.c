/* The self-test of an exported model: prints how many of its samples have other bits than the host's. */

#include "model.h"

#include "board.h"

static model_sampler sampler;

int main(void) {
    const int wrong = model_self_test(&sampler);
    char text[] = "wrong samples: .\n";
    text[15] = (char)('0' + (wrong > 9 ? 9 : wrong));
    print(text);
    return wrong != 0;
}
