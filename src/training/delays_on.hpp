// The delays that a projection learns, on a backend: what they bring, their gradients and updates.
#pragma once

#include <cmath>

#include "kernels/training/delayed_sources.hpp"
#include "snnsim/error.hpp"
#include "src/training/buffers.hpp"
#include "src/training/ranks_on.hpp"

namespace snnsim {

template <class Backend>
class DelaysOn {
    using Columns = typename Backend::Columns;
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;

  public:
    DelaysOn(const LearnedDelays& spec, std::size_t sources, std::size_t targets,
             const BatchShape& capacity, bool sends_values)
        : spec(spec), sources_(sources), targets_(targets), capacity_(capacity) {
        delay_ = Buffer<float>(element_count());
        upload(delay_, spec.steps);
        if (!by_source()) return;
        shifted_.size = sources;
        shifted_.order = {sources, 1};
        shifted_.sends_values = sends_values;
        shifted_.reserve_output(capacity);
        shifted_.reserve_events(capacity);
    }

    const LearnedDelays spec;

    bool by_source() const { return spec.of == DelayOf::source; }
    bool on_grid() const { return sigma_ == 0.0; }
    /// From now on they are learned, with such a Gaussian; 0: rounded to steps.
    void set_sigma(double steps) { sigma_ = steps; }

    void reserve_training(int moments, bool passes_gradient) {
        gradient_ = Buffer<float>(element_count());
        for (int m = 0; m < moments; ++m) moment_[m] = Buffer<float>(element_count());
        const auto taps = static_cast<std::size_t>(spec.longest + 1);
        if (by_source()) {
            kernel_ = Buffer<float>(sources_ * taps);
            filtered_.size = sources_;
            filtered_.order = {sources_, 1};
            filtered_.sends_values = true;
            filtered_.reserve_output(capacity_);
            filtered_.reserve_events(capacity_);
            filtered_.gradient = Buffer<float>(filtered_.trace_size(capacity_));
            return;
        }
        kernel_ = Buffer<float>(element_count() * taps);
        tap_gradient_ = Buffer<float>(element_count() * taps);
        range_ = Buffer<TapRange>(element_count() / panel_width);
        if (passes_gradient)
            upper_ = Buffer<float>(capacity_.batch * targets_ *
                                   StepRows::stride_for(capacity_.steps, spec.longest));
    }

    /// Before the steps of a batch: K(d) of weights and delays as they are now.
    void build(const Backend& backend, const WeightPanels& weights) {
        if (on_grid()) return;
        if (by_source()) {
            backend.for_each(sources_, BuildSourceTaps{of_sources()});
        } else {
            backend.for_each(range_.size(), BuildTaps{of_synapses(), weights, targets_});
        }
    }

    /// By source: what a population has sent becomes what arrives of it.
    void filter(const Backend& backend, const BatchShape& shape, const RawOutput& sent) {
        PopulationBuffers<Backend>& out = arriving();
        const std::size_t count = shape.batch * sources_;
        if (on_grid()) {
            backend.for_each(count, ShiftSources{shape, sent, of_sources(), out.raw()});
        } else {
            backend.for_each(count, FilterSources{shape, sent, of_sources(), out.values.data()});
        }
        backend.for_each(shape.batch, CollectEvents{shape, out.raw(), out.events()});
    }
    Events arriving_events() { return arriving().events(); }

    /// By synapse: what all of them bring. `scale`: see SumShifted.
    void sum(const Backend& backend, const BatchShape& shape, const Events& events,
             const WeightPanels& weights, const TracePanels& input, bool accumulate, float scale) {
        const std::size_t panels = panels_of(targets_);
        const std::size_t count = place_count<Columns>(shape.batch, panels);
        if (on_grid()) {
            backend.for_each(count, SumShifted<Columns>{shape, panels, events, weights,
                                                        of_synapses(), input, accumulate, scale});
        } else {
            backend.for_each(count, SumDelayed<Columns>{shape, panels, events, weights,
                                                        of_synapses(), input, accumulate});
        }
    }

    /// By synapse: gradients of weights, biases and delays.
    void add_gradients(const Backend& backend, RanksOn<Backend>& ranks, const BatchShape& shape,
                       const Events& events, const TracePanels& upper, const WeightPanels& weights,
                       ProjectionBuffers<Backend>& projection) {
        const std::size_t panels = panels_of(targets_);
        const auto add = [&](std::size_t first, std::size_t count) {
            const TapGradient<Columns> taps{
                shape,         count, events, upper.from(shape, first), of_synapses().from(first),
                !ranks.leads()};
            backend.for_each(taps.size(), taps);
        };
        ranks.pieces_in_turn(tap_gradient_, panels, tap_gradient_.size() / panels, add);
        ranks.in_turn(projection.gradient, [&] {
            const WeightPanels gradients = projection.gradients();
            if (ranks.last())  // the taps' are those of all samples
                backend.for_each(delay_.size(), DelayGradient{of_synapses(), weights, gradients,
                                                              targets_, gradient_.data()});
            if (gradients.has_bias())
                backend.for_each(panels_of(targets_) * (panel_width / width_of<Columns>),
                                 BiasGradient<Columns>{shape, upper, gradients});
        });
    }
    /// By source: the gradient of delays, from that of what arrives.
    void add_gradients(const Backend& backend, RanksOn<Backend>& ranks, const BatchShape& shape,
                       const RawOutput& sent) {
        const SourceTaps of = of_sources();
        if (!ranks.alone() && source_sums_.size() == 0)
            source_sums_ = Buffer<float>(sources_ * static_cast<std::size_t>(of.taps.count()));
        const SourceDelayGradient body{shape,
                                       sent,
                                       of,
                                       arriving_gradient(),
                                       gradient_.data(),
                                       source_sums_.data(),
                                       !ranks.leads(),
                                       ranks.last()};
        ranks.in_turn(source_sums_, [&] { backend.for_each(sources_, body); });
    }
    TracePanels arriving_gradient() { return {filtered_.gradient.data()}; }

    /// dL/d(output) of the sources; by source from arriving_gradient().
    void pass_back(const Backend& backend, const BatchShape& shape, const TracePanels& upper,
                   const WeightPanels& weights, const TracePanels& gradient, bool accumulate) {
        if (by_source()) {
            backend.for_each(
                shape.batch * sources_,
                BackThroughFilter{shape, of_sources(), arriving_gradient(), gradient, accumulate});
            return;
        }
        const StepRows rows{upper_.data(), targets_,
                            StepRows::stride_for(shape.steps, spec.longest)};
        backend.for_each(shape.batch * targets_, CopySteps{shape, upper, rows});
        const BackDelayed<Columns> back{shape, rows, of_synapses(), weights, gradient, accumulate};
        backend.for_each(back.size(), back);
    }

    /// `rule`: an update with the learning rate of delays.
    template <class Update>
    void update(const Backend& backend, const Update& rule, const float* scale) {
        backend.for_each(
            delay_.size() / width_of<Columns>,
            UpdateWeights<Update, Columns>{
                {delay_.data(), gradient_.data(), {moment_[0].data(), moment_[1].data()}},
                rule,
                scale});
        backend.for_each(delay_.size(),
                         ClampDelays{delay_.data(), static_cast<float>(spec.longest)});
    }
    Buffer<float>& gradient() { return gradient_; }

    /// In steps, on the host: [source][target], or [source].
    std::vector<float> delays() const { return download(delay_); }
    std::vector<float> delay_gradients() const { return download(gradient_); }
    std::vector<float> moments() const {
        std::vector<float> all;
        for (const Buffer<float>& m : moment_) {
            if (m.size() == 0) continue;
            const std::vector<float> one = download(m);
            all.insert(all.end(), one.begin(), one.end());
        }
        return all;
    }
    void set_delays(const std::vector<float>& steps) { upload(delay_, steps); }
    void set_moments(const std::vector<float>& all) {
        auto from = all.begin();
        const auto count = static_cast<std::ptrdiff_t>(rows() * columns());
        for (Buffer<float>& m : moment_) {
            if (m.size() == 0) continue;
            SNN_EXPECT(all.end() - from >= count);
            upload(m, std::vector<float>(from, from + count));
            from += count;
        }
    }

  private:
    std::size_t rows() const { return by_source() ? 1 : sources_; }
    std::size_t columns() const { return by_source() ? sources_ : targets_; }
    std::size_t element_count() const { return panels_of(columns()) * rows() * panel_width; }
    std::size_t place(std::size_t row, std::size_t column) const {
        return (column / panel_width * rows() + row) * panel_width + column % panel_width;
    }
    void upload(Buffer<float>& to, const std::vector<float>& matrix) const {
        SNN_EXPECT(matrix.size() == rows() * columns());
        std::vector<float> panels(element_count(), 0.0f);
        for (std::size_t r = 0; r < rows(); ++r) {
            for (std::size_t c = 0; c < columns(); ++c)
                panels[place(r, c)] = matrix[r * columns() + c];
        }
        to.copy_from(panels.data(), panels.size());
    }
    std::vector<float> download(const Buffer<float>& from) const {
        std::vector<float> panels(element_count()), matrix(rows() * columns());
        from.copy_to(panels.data(), panels.size());
        for (std::size_t r = 0; r < rows(); ++r) {
            for (std::size_t c = 0; c < columns(); ++c)
                matrix[r * columns() + c] = panels[place(r, c)];
        }
        return matrix;
    }

    /// On the grid no taps are needed, and none there may be.
    DelayTaps taps() const { return DelayTaps::of(spec.longest, on_grid() ? 1.0 : sigma_); }
    SourceTaps of_sources() { return {taps(), sources_, delay_.data(), kernel_.data()}; }
    SynapseTaps of_synapses() {
        return {taps(),        sources_,       delay_.data(),
                range_.data(), kernel_.data(), tap_gradient_.data()};
    }
    PopulationBuffers<Backend>& arriving() { return on_grid() ? shifted_ : filtered_; }

    const std::size_t sources_, targets_;
    const BatchShape capacity_;
    double sigma_ = 0.0;  // steps; 0: on the grid
    Buffer<float> delay_, gradient_, moment_[2];
    Buffer<float> kernel_, tap_gradient_, upper_;
    Buffer<float> source_sums_;  // of ranks, see SourceDelayGradient
    Buffer<TapRange> range_;
    PopulationBuffers<Backend> shifted_, filtered_;
};

}  // namespace snnsim
