// Reads which cells a record takes.
#include "src/model/read_fields.hpp"

namespace snnsim {

void FieldReader::read(const Value& value, const Meta& meta, CellChoice& out) {
    if (value.kind == Value::Kind::scalar) {
        read_scalar(value, meta, out.first);
    } else if (value.kind == Value::Kind::list) {
        if (value.list.empty())
            problems_.add(value, fmt::format("{} is an empty list; 0 stands for all", meta.key));
        read(value, meta, out.listed);
    } else if (const Value* const random = value.find("random")) {
        read_scalar(*random, {"random", "", Limits{.low = 1}}, out.random);
        check_unknown(value, meta.key, {"random"}, nullptr);
    } else {
        problems_.add(value, fmt::format("{} must be a number of cells, a list of their numbers, "
                                         "or {{random: 50}}, not {}",
                                         meta.key, describe(value)));
    }
}

}  // namespace snnsim
