// Pairs of projections of which one multiplies what the other brings (Cai et al. 2025).
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/training/product.hpp"
#include "snnsim/network.hpp"
#include "src/training/buffers.hpp"

namespace snnsim {

template <class Backend>
class NetworkOn;

template <class Backend>
class ProductsOn {
    template <class T>
    using Buffer = typename Backend::template Buffer<T>;
    using Columns = typename Backend::Columns;

  public:
    explicit ProductsOn(const Network& network) : network_(network) {}

    /// Projection `second` multiplies `first`; so many floats a trace of their targets has.
    void add(std::size_t first, std::size_t second, std::size_t floats) {
        Product& product = products_.emplace_back(Product{first, second, {}, {}});
        for (Buffer<float>& sums : product.sums) sums = Buffer<float>(floats);
    }
    void reserve_training() {
        for (Product& p : products_) {
            for (Buffer<float>& gradient : p.gradients) gradient = Buffer<float>(p.sums[0].size());
        }
    }
    bool has(std::size_t in) { return product_of(in) != nullptr; }
    /// Where the sums of projection `in` go, and where dL/d of them stands; null where it has none
    /// of its own.
    float* sums_of(std::size_t in) {
        Product* const p = product_of(in);
        return p ? p->sums[p->second == in].data() : nullptr;
    }
    float* gradients_of(std::size_t in) {
        Product* const p = product_of(in);
        return p ? p->gradients[p->second == in].data() : nullptr;
    }

    /// Adds what enters population k; whether there is any.
    bool forward(NetworkOn<Backend>& on, std::size_t k, const BatchShape& shape) {
        bool begun = false;
        for (Product& p : products_) {
            if (network_.projections[p.first].to != k) continue;
            on.sum_all_steps(p.first, shape, false, on.projections[p.first].delay);
            on.sum_all_steps(p.second, shape, false, on.projections[p.second].delay);
            PopulationBuffers<Backend>& to = on.populations[k];
            on.backend.for_each(
                to.trace_size(shape) / width_of<Columns>,
                AddProduct<Columns>{p.sums[0].data(), p.sums[1].data(), to.saved[0].data(), begun});
            begun = true;
        }
        return begun;
    }
    /// After the step back of population k.
    void backward(NetworkOn<Backend>& on, std::size_t k, const BatchShape& shape) {
        for (Product& p : products_) {
            if (network_.projections[p.first].to != k) continue;
            PopulationBuffers<Backend>& to = on.populations[k];
            on.backend.for_each(
                to.trace_size(shape) / width_of<Columns>,
                ProductBack<Columns>{p.sums[0].data(), p.sums[1].data(), to.gradient.data(),
                                     p.gradients[0].data(), p.gradients[1].data()});
        }
    }

  private:
    struct Product {
        std::size_t first, second;
        Buffer<float> sums[2], gradients[2];
    };
    Product* product_of(std::size_t k) {
        const auto found = std::find_if(products_.begin(), products_.end(), [&](const Product& p) {
            return p.first == k || p.second == k;
        });
        return found == products_.end() ? nullptr : &*found;
    }

    const Network& network_;
    std::vector<Product> products_;
};

}  // namespace snnsim
