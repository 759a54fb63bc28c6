#include "python/src/arrays.hpp"

#include <cstring>

#include "snnsim/error.hpp"
#include "src/data/rows.hpp"

namespace snnsim::python {
namespace {

NumberKind kind_of(const std::string& kind) {
    return kind == "b"   ? NumberKind::boolean
           : kind == "u" ? NumberKind::natural
           : kind == "i" ? NumberKind::whole
                         : NumberKind::real;
}

class BufferRows final : public Rows {
  public:
    BufferRows(const std::string& name, const std::vector<std::uint64_t>& shape,
               const NumberType& type, nb::handle buffer)
        : Rows("the arguments", name, shape, type) {
        if (PyObject_GetBuffer(buffer.ptr(), &buffer_, PyBUF_SIMPLE) != 0) throw nb::python_error();
        if (static_cast<std::uint64_t>(buffer_.len) != count() * row_bytes()) {
            PyBuffer_Release(&buffer_);
            throw InternalError("the buffer of " + name + " has another size than its shape says");
        }
    }
    ~BufferRows() override {
        const nb::gil_scoped_acquire gil;  // whoever lets go of them last
        PyBuffer_Release(&buffer_);
    }
    void read(std::uint64_t first, std::uint64_t rows, std::byte* out) const override {
        std::memcpy(out, static_cast<const std::byte*>(buffer_.buf) + first * row_bytes(),
                    rows * row_bytes());
    }
    std::string why_not_anywhere() const override { return ""; }

  private:
    Py_buffer buffer_{};
};

}  // namespace

std::shared_ptr<const SampleArrays> sample_arrays(const nb::dict& arrays,
                                                  const std::vector<std::string>& class_names) {
    auto out = std::make_shared<SampleArrays>();
    for (const auto& [key, value] : arrays) {
        const auto name = nb::cast<std::string>(key);
        const auto parts = nb::cast<nb::tuple>(value);
        out->rows[name] = std::make_shared<BufferRows>(
            name, nb::cast<std::vector<std::uint64_t>>(parts[2]),
            NumberType{kind_of(nb::cast<std::string>(parts[0])), nb::cast<std::size_t>(parts[1])},
            parts[3]);
    }
    out->class_names = class_names;
    return out;
}

}  // namespace snnsim::python
