#include "src/data/sequence.hpp"

#include <fmt/format.h>

#include "snnsim/error.hpp"
#include "src/text/words.hpp"

namespace snnsim {

std::string why_no_sequence(std::int64_t values, std::int64_t inputs, std::int64_t steps,
                            double dt) {
    if (inputs > 0 && values == inputs * steps) return "";
    if (inputs <= 0 || values % inputs != 0)
        return fmt::format(
            "the {} of a sample are no whole number of steps of {}; write a size that divides them",
            counted(values, "value"), counted(inputs, "input"));
    return fmt::format(
        "the {} of a sample are {} of {}, but it is shown for {}; write duration: {:g} ms",
        counted(values, "value"), counted(values / inputs, "step"), counted(inputs, "input"),
        counted(steps, "step"), static_cast<double>(values / inputs) * dt);
}

bool shows_sequence(const EncodeSpec& encode) {
    return Encoders::visit(encode.scheme,
                           []<class E>(const typename E::Params&) { return shows_over_steps<E>; });
}

void show_in_steps(const ModelSpec& spec, Dataset& images) {
    if (!shows_sequence(spec.data.encode)) return;
    for (SampleSet* set : {&images.train, &images.test}) {
        SNN_EXPECT(set->inputs % spec.steps() == 0);
        set->form = over_steps(set->form);
        set->steps = spec.steps();
        set->inputs /= set->steps;
        set->shape = {1, 1, static_cast<std::uint32_t>(set->inputs)};
    }
}

}  // namespace snnsim
