// A pole on a cart (Barto, Sutton & Anderson 1983) that a circuit holds upright.
#pragma once

#include "kernels/evolve/circuit.hpp"
#include "kernels/math/exp.hpp"
#include "kernels/math/sin.hpp"

namespace snnsim {

/// In SI units, with the constants of CartPole-v1 of Gymnasium; Euler steps as there: the speeds of
/// before move the positions.
struct CartPole {
    float x, x_speed, angle, angle_speed;

    SNN_HD void push(float force) {
        constexpr float gravity = 9.8f, pole = 0.1f, half_length = 0.5f, all = 1.1f, dt = 0.02f;
        constexpr float moment = pole * half_length;
        // 2^32 of these units are a turn.
        const auto phase =
            static_cast<std::uint32_t>(static_cast<std::int32_t>(angle * 683565275.6f));
        const float sine = sin_of_turns(phase), cosine = sin_of_turns(phase + (1u << 30));
        const float pushed = (force + moment * (angle_speed * angle_speed) * sine) / all;
        const float angle_force = (gravity * sine - cosine * pushed) /
                                  (half_length * (4.0f / 3.0f - pole * (cosine * cosine) / all));
        const float x_force = pushed - moment * angle_force * cosine / all;
        x = fused(dt, x_speed, x);
        x_speed = fused(dt, x_force, x_speed);
        angle = fused(dt, angle_speed, angle);
        angle_speed = fused(dt, angle_force, angle_speed);
    }
    SNN_HD bool lost() const {
        constexpr float furthest = 2.4f, steepest = 0.20943951f;  // 12 degrees
        return !(x >= -furthest && x <= furthest && angle >= -steepest && angle <= steepest);
    }
};

/// The four values as 32 inputs, eight for each: bumps beside each other, whose heights are rates.
class CartPoleInputs {
  public:
    static constexpr std::uint32_t per_value = 8;

    SNN_HD CartPoleInputs() {
        for (float& share : shares_) share = 0.5f;
    }
    SNN_HD void see(const CartPole& cart) {
        see(0, cart.x * (1.0f / 2.4f));
        see(1, cart.x_speed * (1.0f / 2.0f));
        see(2, cart.angle * (1.0f / 0.2f));
        see(3, cart.angle_speed * (1.0f / 2.0f));
    }
    /// Which send in the next step. An input sends as regularly as its rate allows, so that nothing
    /// is drawn.
    SNN_HD std::uint32_t next() {
        std::uint32_t sent = 0;
        for (std::uint32_t k = 0; k < 4 * per_value; ++k) {
            shares_[k] = shares_[k] + rates_[k];
            const bool sends = shares_[k] >= 1.0f;
            shares_[k] = sends ? shares_[k] - 1.0f : shares_[k];
            sent |= (sends ? 1u : 0u) << k;
        }
        return sent;
    }

  private:
    SNN_HD void see(std::uint32_t value, float x) {
        constexpr float spacing = 2.0f / (per_value - 1), top = 0.5f;  // spikes a step
        x = x < -1.0f ? -1.0f : x > 1.0f ? 1.0f : x;
        for (std::uint32_t k = 0; k < per_value; ++k) {
            const float away = (x + 1.0f) * (1.0f / spacing) - static_cast<float>(k);
            rates_[value * per_value + k] = top * exact_exp(-0.5f * (away * away));
        }
    }
    float rates_[4 * per_value], shares_[4 * per_value];
};

/// Item i is start i % trials of circuit i / trials.
struct RunCartPole {
    Circuits circuits;
    View<CartPole> starts;
    std::uint32_t trials;
    std::uint32_t most;     // control steps
    std::uint32_t control;  // circuit steps in each
    View<TrialRecord> records;
    CircuitHistory history;

    SNN_HD void operator()(std::size_t i) const {
        constexpr float force = 10.0f;  // N
        CartPole cart = starts[i % trials];
        CartPoleInputs inputs;
        RunningCircuit circuit(circuits, i / trials);
        TrialRecord record;
        bool right = false;
        for (std::uint32_t step = 0; record.survived < most;) {
            inputs.see(cart);
            std::uint32_t left_spikes = 0, right_spikes = 0;
            for (std::uint32_t k = 0; k < control; ++k) {
                const std::uint32_t sent = inputs.next(), fired = circuit.advance(++step, sent);
                history.keep(i * most * control + step - 1, sent, fired);
                record.spikes += static_cast<std::uint32_t>(count_bits(fired));
                left_spikes += fired & 1u;
                right_spikes += fired >> 1 & 1u;
            }
            // Of as many spikes nothing follows: the push stays what it was.
            if (left_spikes != right_spikes) right = right_spikes > left_spikes;
            cart.push(right ? force : -force);
            if (cart.lost()) break;
            ++record.survived;
        }
        records[i] = record;
    }
};

}  // namespace snnsim
