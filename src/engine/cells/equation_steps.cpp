#include "src/engine/cells/equation_steps.hpp"

#include <algorithm>
#include <utility>

#include "kernels/equations/operations.hpp"

namespace snnsim {
namespace {

using Op = EquationOp;

/// `Count` cells; `to` may be one of the operands: each element is read before it is written.
template <Op op, std::size_t Count>
[[gnu::always_inline]] inline void apply_to(float* to, const float* a, const float* b,
                                            const float* c) {
    SNN_LANES for (std::size_t i = 0; i < Count; ++i) {
        const float y = operands_of(op) > 1 ? b[i] : 0.0f, z = operands_of(op) > 2 ? c[i] : 0.0f;
        to[i] = equation_op<op>(a[i], y, z);
    }
}
template <Op op>
void apply(float* to, const float* a, const float* b, const float* c, std::size_t count) {
    // Loops of a known length need no care for their ends.
    std::size_t i = 0;
    for (; i + 32 <= count; i += 32) apply_to<op, 32>(to + i, a + i, b + i, c + i);
    for (; i + 16 <= count; i += 16) apply_to<op, 16>(to + i, a + i, b + i, c + i);
    for (; i < count; ++i) apply_to<op, 1>(to + i, a + i, b + i, c + i);
}

using Apply = void (*)(float*, const float*, const float*, const float*, std::size_t);
constexpr std::size_t op_count = static_cast<std::size_t>(Op::select) + 1;

template <std::size_t... K>
constexpr std::array<Apply, sizeof...(K)> table_of(std::index_sequence<K...>) {
    return {[] {
        constexpr Op op = static_cast<Op>(K);
        return operands_of(op) == 0 ? Apply{nullptr} : Apply{&apply<op>};
    }()...};
}
constexpr auto table = table_of(std::make_index_sequence<op_count>());

}  // namespace

void run_equations(const std::vector<EquationInstruction>& code, float* const* at,
                   std::size_t count) {
    for (const EquationInstruction& i : code) {
        if (i.op == Op::state) {
            std::copy_n(at[i.a], count, at[i.to]);
        } else {
            table[static_cast<std::size_t>(i.op)](at[i.to], at[i.a], at[i.b], at[i.c], count);
        }
    }
}

}  // namespace snnsim
