// A plasticity rule that the model file writes as equations. What they compute is a short list of
// instructions among the rule's constants, which one interpreter carries out on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/equations/operations.hpp"
#include "kernels/plasticity/model.hpp"

namespace snnsim {

struct RuleEquations;

/// Where the values of a rule lie: those of the synapse at an event, what is made of them, and from
/// `constants` on what is known before the first step.
namespace rule_place {
inline constexpr std::uint8_t weight = 0, variable = 1, reward = 2, pre = 3, post = 7, made = 11,
                              values = 64, constants = 128, none = 255;
}  // namespace rule_place

struct RuleInstruction {
    EquationOp op;
    std::uint8_t to, a, b, c;
};

/// A part of the list of instructions, and where its results then are; `none`: it stays.
struct RuleProgram {
    static constexpr int most_results = 4;
    std::uint8_t first = 0, end = 0;
    std::uint8_t results[most_results] = {rule_place::none, rule_place::none, rule_place::none,
                                          rule_place::none};
};

struct RuleCode {
    static constexpr std::size_t most_instructions = 240, most_constants = 64;
    RuleInstruction instructions[most_instructions];
    float constants[most_constants];
};

/// What a spike makes of the traces of its side. Most rules add to each, or set it: x scale + by.
struct TraceBumps {
    static constexpr int most = 4;
    std::uint8_t count = 0;
    bool simple = true;                            // else see `program`
    float scale[most] = {1.0f, 1.0f, 1.0f, 1.0f};  // 0 of a trace that is set
    float by[most] = {};
    RuleProgram program;  // results: the traces
};

SNN_HD inline float rule_op(EquationOp op, float a, float b, float c) {
    using Op = EquationOp;
#define SNN_RULE_OP(name) \
    case Op::name:        \
        return equation_op<Op::name>(a, b, c)
    switch (op) {
        SNN_RULE_OP(multiply);
        SNN_RULE_OP(add);
        SNN_RULE_OP(subtract);
        SNN_RULE_OP(fused);
        SNN_RULE_OP(fused_less);
        SNN_RULE_OP(fused_from);
        SNN_RULE_OP(negate);
        SNN_RULE_OP(divide);
        SNN_RULE_OP(power);
        SNN_RULE_OP(absolute);
        SNN_RULE_OP(root);
        SNN_RULE_OP(exponential);
        SNN_RULE_OP(exponential_less_one);
        SNN_RULE_OP(relative_exponential);
        SNN_RULE_OP(logarithm);
        SNN_RULE_OP(sine);
        SNN_RULE_OP(cosine);
        SNN_RULE_OP(hyperbolic_tangent);
        SNN_RULE_OP(floor);
        SNN_RULE_OP(sign);
        SNN_RULE_OP(opposite);
        SNN_RULE_OP(least);
        SNN_RULE_OP(greatest);
        SNN_RULE_OP(less);
        SNN_RULE_OP(less_equal);
        SNN_RULE_OP(equal);
        SNN_RULE_OP(conjunction);
        SNN_RULE_OP(disjunction);
        SNN_RULE_OP(select);
        default:
            return 0.0f;
    }
#undef SNN_RULE_OP
}

/// The values of a synapse while an event is worked out.
class RuleValues {
  public:
    SNN_HD float& operator[](int place) { return of_[place]; }

    SNN_CALLED void run(const RuleCode& code, const RuleProgram& program) {
        const float* const from[2] = {of_, code.constants};
        const auto at = [&](std::uint8_t place) { return from[place >> 7][place & 127]; };
        const int end = program.end;
        for (int k = program.first; k < end; ++k) {
            const RuleInstruction i = code.instructions[k];
            of_[i.to] = rule_op(i.op, at(i.a), at(i.b), at(i.c));
        }
    }
    /// A result; what is no number changes nothing, and what is infinite is bounded.
    SNN_HD float result(const RuleCode& code, std::uint8_t place, float otherwise) const {
        if (place == rule_place::none) return otherwise;
        const float x = at(code, place);
        return x != x ? otherwise : x < -1e30f ? -1e30f : x > 1e30f ? 1e30f : x;
    }

  private:
    SNN_HD float at(const RuleCode& code, std::uint8_t place) const {
        const float* const from[2] = {of_, code.constants};
        return from[place >> 7][place & 127];
    }
    float of_[rule_place::values];
};

/// Stands in the list of rules for all that `rules` of a model file define. Traces are changed by
/// spikes of their own side and decay by themselves; so does a variable of each synapse, where
/// there is one.
struct EquationRule {
    static constexpr const char* name = "equations";
    static constexpr int pre_traces = TraceBumps::most, post_traces = TraceBumps::most;
    static constexpr bool pairs_once = false;

    struct Params {
        std::shared_ptr<const RuleEquations> equations;
        std::vector<double> values;  // of its parameters

        static constexpr auto fields() { return Fields<>{}; }
    };
    struct Constants {
        RuleCode code{};
        TraceBumps pre, post;
        // Results: what the weight changes by, and the variable.
        RuleProgram on_pre, on_post, on_reward;
        bool keeps = false;  // a variable
        bool takes_reward = false;
    };

    /// Those of traces and variables there are none of are 0.
    static std::array<double, 8> taus(const Params& p);
    static double variable_tau(const Params& p);
    static bool takes_reward(const Params& p);
    /// Throws ModelError where a constant is no number.
    static Constants prepare(const Params& p);

    SNN_HD static int pre_count(const Constants& c) { return c.pre.count; }
    SNN_HD static int post_count(const Constants& c) { return c.post.count; }
    SNN_HD static bool has_variable(const Constants& c) { return c.keeps; }
    SNN_HD static bool reward_changes_variable(const Constants& c) {
        return c.on_reward.results[1] != rule_place::none;
    }
    SNN_HD static void bump_pre(const Constants& c, const float* before, float* after) {
        bump(c, c.pre, rule_place::pre, before, after);
    }
    SNN_HD static void bump_post(const Constants& c, const float* before, float* after) {
        bump(c, c.post, rule_place::post, before, after);
    }

    SNN_HD static float arrive(const Constants& c, float w, const float* pre, const float* post,
                               float* own) {
        return event(c, c.on_pre, w, pre, post, own);
    }
    SNN_HD static float fire(const Constants& c, float w, const float* pre, const float* post,
                             float* own) {
        return event(c, c.on_post, w, pre, post, own);
    }
    SNN_HD static float rewarded(const Constants& c, float w, float reward, float* own) {
        RuleValues x;
        x[rule_place::weight] = w;
        x[rule_place::variable] = *own;
        x[rule_place::reward] = reward;
        x.run(c.code, c.on_reward);
        *own = x.result(c.code, c.on_reward.results[1], *own);
        return x.result(c.code, c.on_reward.results[0], 0.0f);
    }

  private:
    SNN_HD static void bump(const Constants& c, const TraceBumps& side, int place,
                            const float* before, float* after) {
        if (side.simple) {  // all of them, which takes no longer than one
            for (int k = 0; k < TraceBumps::most; ++k)
                after[k] = before[k] * side.scale[k] + side.by[k];
            return;
        }
        RuleValues x;
        x[rule_place::weight] = 0.0f;
        for (int k = 0; k < side.count; ++k) x[place + k] = before[k];
        x.run(c.code, side.program);
        for (int k = 0; k < side.count; ++k)
            after[k] = x.result(c.code, side.program.results[k], before[k]);
    }
    SNN_HD static float event(const Constants& c, const RuleProgram& program, float w,
                              const float* pre, const float* post, float* own) {
        RuleValues x;
        x[rule_place::weight] = w;
        if (own) x[rule_place::variable] = *own;
        for (int k = 0; k < TraceBumps::most; ++k) x[rule_place::pre + k] = pre[k];
        for (int k = 0; k < TraceBumps::most; ++k) x[rule_place::post + k] = post[k];
        x.run(c.code, program);
        if (own) *own = x.result(c.code, program.results[1], *own);
        return x.result(c.code, program.results[0], 0.0f);
    }
};

}  // namespace snnsim
