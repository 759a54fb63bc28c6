// Reads values that are given for each cell: listed, evenly spaced, or in a file.
#include "src/model/numbers_file.hpp"
#include "src/model/read_fields.hpp"

namespace snnsim {

bool FieldReader::gives_each_cell(const Value& value) {
    return value.find("values") || value.find("linspace") || value.find("file");
}

void FieldReader::read_by_cell(const Value& value, const Meta& meta, Distribution& out) {
    const Value *const values = value.find("values"), *const ends = value.find("linspace"),
                       *const file = value.find("file");
    const std::size_t before = problems_.count();
    Distribution d;
    d.unit = meta.unit;
    std::vector<std::string> known{"distribution"};
    known.push_back(values ? "values" : ends ? "linspace" : "file");
    std::string unit;
    if (values || file) {
        known.push_back("unit");
        if (const Value* const v = value.find("unit")) unit = read_unit(*v, meta, d);
    }
    if (file) {
        for (const char* key : {"dataset", "column"}) known.push_back(key);
        read_numbers_file(value, meta, unit, d);
    } else if (ends) {
        read_linspace(*ends, meta, d);
    } else {
        read_listed_values(*values, meta, unit, d);
    }
    check_unknown(value, meta.key, known, nullptr);
    if (problems_.count() == before) out = d;
}

std::string FieldReader::read_unit(const Value& value, const Meta& meta, Distribution& d) {
    std::string unit;
    read_scalar(value, {"unit"}, unit);
    if (d.unit == any_input) d.unit = input_unit_in("1 " + unit);
    double factor = 0.0;
    const std::string wrong = read_quantity("1 " + unit, d.unit, meta.key, factor);
    if (!wrong.empty()) problems_.add(value, wrong);
    return unit;
}

void FieldReader::read_item(const Value& item, const Meta& meta, const std::string& unit,
                            Distribution& d, double& out) {
    Value quantity = item;
    if (!unit.empty()) quantity.text += " " + unit;
    if (d.unit == any_input) d.unit = input_unit_in(quantity.text);
    read_scalar(quantity, {meta.key, d.unit.c_str(), meta.limits}, out);
}

void FieldReader::read_listed_values(const Value& list, const Meta& meta, const std::string& unit,
                                     Distribution& d) {
    d.shape = Shape::values;
    if (list.kind != Value::Kind::list || list.list.empty()) {
        problems_.add(list, fmt::format("values must be a list with a value for each cell, not {}",
                                        describe(list)));
        return;
    }
    ListedValues listed;
    for (const Value& item : list.list)
        read_item(item, meta, unit, d, listed.values.emplace_back());
    listed.from.at = list.at;
    listed.unit = d.unit;
    listed.limits = meta.limits;
    listed.key = meta.key;
    d.listed = std::make_shared<const ListedValues>(std::move(listed));
}

void FieldReader::read_linspace(const Value& ends, const Meta& meta, Distribution& d) {
    d.shape = Shape::linspace;
    if (ends.kind != Value::Kind::list || ends.list.size() != 2) {
        problems_.add(ends,
                      fmt::format("linspace is a list of two values, those of the first and of the "
                                  "last cell, as in [0 pA, 100 pA]; found {}",
                                  describe(ends)));
        return;
    }
    read_item(ends.list[0], meta, "", d, d.low);
    read_item(ends.list[1], meta, "", d, d.high);
    d.mean = 0.5 * (d.low + d.high);
}

void FieldReader::read_numbers_file(const Value& value, const Meta& meta, const std::string& unit,
                                    Distribution& d) {
    d.shape = Shape::values;
    ListedValues listed;
    const Value& file = *value.find("file");
    read_scalar(file, {"file"}, listed.from.file);
    if (const Value* const v = value.find("dataset"))
        read_scalar(*v, {"dataset"}, listed.from.dataset);
    if (const Value* const v = value.find("column"))
        read_scalar(*v, {"column"}, listed.from.column);
    for (const auto& [key, wrong] :
         numbers_file_problems(listed.from.file, listed.from.dataset, listed.from.column))
        problems_.add(*value.find(key), wrong);
    listed.from.unit = unit;
    listed.from.at = file.at;
    listed.unit = d.unit;
    listed.limits = meta.limits;
    listed.key = meta.key;
    d.listed = std::make_shared<const ListedValues>(std::move(listed));
}

}  // namespace snnsim
