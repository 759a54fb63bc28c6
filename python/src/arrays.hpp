// Arrays on both sides: vectors that numpy takes over, and buffers of Python that the program
// reads.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "snnsim/sample_arrays.hpp"

namespace snnsim::python {

namespace nb = nanobind;

/// An array of numpy that owns the numbers of the vector; no copy.
template <class T>
nb::object as_array(std::vector<T> values, std::vector<std::size_t> shape = {}) {
    if (shape.empty()) shape = {values.size()};
    auto* const kept = new std::vector<T>(std::move(values));
    const nb::capsule owner(kept, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
    return nb::cast(nb::ndarray<nb::numpy, T>(kept->data(), shape.size(), shape.data(), owner));
}

/// An array of numpy that shows numbers of `owner`, which lives as long; no copy.
template <class T>
nb::object view_of(std::vector<T>& values, std::vector<std::size_t> shape, nb::handle owner) {
    return nb::cast(nb::ndarray<nb::numpy, T>(values.data(), shape.size(), shape.data(), owner));
}

/// Arrays by name, each (kind, size of a number, shape, buffer): kind as numpy's, "b", "u", "i" or
/// "f". They are read where they lie. `called`: their owner in messages.
std::shared_ptr<const SampleArrays> sample_arrays(const nb::dict& arrays,
                                                  const std::vector<std::string>& class_names);

}  // namespace snnsim::python
