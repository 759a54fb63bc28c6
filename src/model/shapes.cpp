#include "src/model/shapes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "src/model/read_fields.hpp"
#include "src/text/numbers.hpp"

namespace snnsim {
namespace {

constexpr std::int64_t most_cells = std::int64_t{1} << 30;
constexpr std::int64_t most_side = std::int64_t{1} << 24;  // of a window

/// Of rows and columns; a shape without rows has one.
struct Moves {
    std::array<std::int64_t, 2> in{1, 1}, kernel{1, 1}, stride{1, 1}, padding{0, 0}, dilation{1, 1};

    std::int64_t reach(std::size_t axis) const { return dilation[axis] * (kernel[axis] - 1) + 1; }
    std::int64_t stops(std::size_t axis) const {
        return (in[axis] + 2 * padding[axis] - reach(axis)) / stride[axis] + 1;
    }
};

/// The side along an axis of what was written: one number for both, or one each.
std::int64_t side(const std::vector<std::int64_t>& sides, std::size_t axis,
                  std::int64_t otherwise) {
    if (sides.empty()) return otherwise;
    return sides.size() == 1 ? sides[0] : sides[axis];
}

Moves moves_of(const ConnectSpec& c, const PopulationShape& from) {
    Moves m;
    const bool rows = from.size() > 2;
    static const std::vector<std::int64_t> none;
    const std::vector<std::int64_t>& kernel = c.kernel ? c.kernel->sides : none;
    for (std::size_t axis = rows ? 0 : 1; axis < 2; ++axis) {
        m.in[axis] = from[axis + (rows ? 1 : 0)];
        m.kernel[axis] = side(kernel, axis, 1);
        m.stride[axis] = side(c.stride, axis, is_pool(c.rule) ? m.kernel[axis] : 1);
        m.padding[axis] = side(c.padding, axis, 0);
        m.dilation[axis] = side(c.dilation, axis, 1);
    }
    return m;
}

bool is_window(const ConnectSpec& c) {
    return is_convolution(c.rule) || is_pool(c.rule);
}

Value scalar(std::int64_t number, const Location& at) {
    Value out;
    out.kind = Value::Kind::scalar;
    out.text = std::to_string(number);
    out.at = at;
    return out;
}

/// Of a population as it is written; empty where it has none that can be read.
PopulationShape shape_in(const Value& population) {
    const Value* const shape = population.find("shape");
    PopulationShape out;
    if (!shape || shape->kind != Value::Kind::list) return out;
    for (const Value& n : shape->list) {
        std::int64_t number = 0;
        if (!read_whole(n.text, std::int64_t{1}, most_cells, number).empty()) return {};
        out.push_back(number);
    }
    return out.size() == 2 || out.size() == 3 ? out : PopulationShape{};
}

/// The rule of a projection by a window; nothing where it is none or cannot be read.
bool read_window(const Value& projection, ConnectSpec& out) {
    const Value* const connect = projection.find("connect");
    if (!connect || connect->kind != Value::Kind::map) return false;
    Problems ignored("", "");
    FieldReader(ignored, Side::training).read_struct(*connect, "connect", out);
    return ignored.empty() && is_window(out);
}

bool names_window(const Value& connect) {
    const Value* const rule = connect.find("rule");
    const auto& names = Names<Rule>::values;
    const auto first = names.begin() + static_cast<std::ptrdiff_t>(Rule::conv1d);
    return rule && std::find(first, names.end(), rule->text) != names.end();
}

/// Why the shape of the targets does not follow; empty where what it needs is missing, of which
/// others tell.
std::string why_no_shape(const ConnectSpec& connect, const Value& from, const std::string& name) {
    if (!from.find("shape") && from.find("size")) return no_shape_text(connect.rule, name);
    const PopulationShape shape = shape_in(from);
    if (shape.empty() || !connect.kernel || connect.kernel->sides.empty()) return "";
    if (const std::string wrong = window_problem(connect, shape, name); !wrong.empty())
        return wrong;
    return is_convolution(connect.rule) && connect.channels == 0
               ? fmt::format(
                     "{} says of how many channels the targets are, which have no shape of "
                     "their own; add, for example, channels: 16",
                     name_of(connect.rule))
               : "";
}

}  // namespace

std::string shape_text(const PopulationShape& shape) {
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::string no_shape_text(Rule rule, const std::string& population) {
    return fmt::format("{} needs the shape of '{}'; write there, in place of size, shape: {}",
                       name_of(rule), population,
                       rule == Rule::conv1d ? "[channels, columns]" : "[channels, rows, columns]");
}

std::int64_t cells_of(const PopulationShape& shape) {
    std::int64_t cells = 1;
    for (const std::int64_t n : shape) cells = cells <= most_cells / n ? cells * n : most_cells;
    return cells;
}

std::string window_problem(const ConnectSpec& c, const PopulationShape& from,
                           const std::string& name) {
    const std::size_t axes = from.size() - 1;
    const auto sides_of = [&](const char* key, const std::vector<std::int64_t>& sides) {
        if (sides.size() <= 2 && (sides.size() < 2 || axes == 2 || sides[0] == sides[1]))
            return std::string();
        return fmt::format("{} has {} sides, but '{}' with its shape {} has {}", key, sides.size(),
                           name, shape_text(from),
                           axes == 1 ? "columns alone" : "rows and columns");
    };
    for (const auto& [key, sides] :
         {std::pair<const char*, const std::vector<std::int64_t>*>{"kernel", &c.kernel->sides},
          {"stride", &c.stride},
          {"padding", &c.padding},
          {"dilation", &c.dilation}}) {
        if (std::string wrong = sides_of(key, *sides); !wrong.empty()) return wrong;
        for (const std::int64_t n : *sides) {
            if (n > most_side)
                return fmt::format("a {} of {} is out of range; at most {}", key, n, most_side);
        }
    }
    const Moves m = moves_of(c, from);
    const char* const names[2] = {"rows", "columns"};
    for (std::size_t axis = 2 - axes; axis < 2; ++axis) {
        const std::int64_t padded = m.in[axis] + 2 * m.padding[axis];
        if (m.reach(axis) > padded)
            return fmt::format(
                "a window of {} {}{} is larger than '{}', which has {}{}: shape {}", m.reach(axis),
                names[axis], m.dilation[axis] > 1 ? " (dilated)" : "", name, m.in[axis],
                m.padding[axis] > 0 ? fmt::format(" ({} with the padding)", padded) : "",
                shape_text(from));
        if (is_pool(c.rule) && 2 * m.padding[axis] > m.kernel[axis])
            return fmt::format("a padding of {} {} is more than half of the window, {}",
                               m.padding[axis], names[axis], m.kernel[axis]);
    }
    if (is_convolution(c.rule) && from[0] % c.groups != 0)
        return fmt::format("groups ({}) do not divide the {} channels of '{}'", c.groups, from[0],
                           name);
    if (is_convolution(c.rule) && c.channels > 0 && c.channels % c.groups != 0)
        return fmt::format("groups ({}) do not divide the {} channels of the targets", c.groups,
                           c.channels);
    return "";
}

PopulationShape shape_after(const ConnectSpec& c, const PopulationShape& from,
                            const PopulationShape& to) {
    const Moves m = moves_of(c, from);
    PopulationShape out = from;
    if (is_convolution(c.rule)) out[0] = c.channels > 0 ? c.channels : to.empty() ? 1 : to[0];
    if (from.size() > 2) out[1] = m.stops(0);
    out.back() = m.stops(1);
    return out;
}

SlidingWindow window_of(const ConnectSpec& c, const PopulationShape& from,
                        const PopulationShape& to) {
    const Moves m = moves_of(c, from);
    SlidingWindow w;
    w.channels_in = static_cast<std::uint32_t>(from[0]);
    w.channels_out = static_cast<std::uint32_t>(to[0]);
    w.groups = is_convolution(c.rule) ? static_cast<std::uint32_t>(c.groups) : w.channels_in;
    for (std::size_t axis = 0; axis < 2; ++axis) {
        w.in[axis] = static_cast<std::uint32_t>(m.in[axis]);
        w.out[axis] = static_cast<std::uint32_t>(m.stops(axis));
        w.kernel[axis] = static_cast<std::uint32_t>(m.kernel[axis]);
        w.stride[axis] = static_cast<std::uint32_t>(m.stride[axis]);
        w.padding[axis] = static_cast<std::uint32_t>(m.padding[axis]);
        w.dilation[axis] = static_cast<std::uint32_t>(m.dilation[axis]);
    }
    return w;
}

const PopulationShape& shape_of(const ModelSpec& spec, const std::string& population) {
    static const PopulationShape none;
    for (const PopulationSpec& p : spec.populations) {
        if (p.name == population) return p.shape;
    }
    return none;
}

void add_shapes(Value& root, Problems& problems) {
    const auto at_key = [&](const char* key) {
        const auto found = std::find_if(root.map.begin(), root.map.end(),
                                        [&](const Entry& e) { return e.key == key; });
        return found == root.map.end() ? nullptr : &found->value;
    };
    Value* const populations = at_key("populations");
    const Value* const projections = at_key("projections");
    if (!populations || populations->kind != Value::Kind::map) return;
    for (Entry& entry : populations->map) {
        const PopulationShape shape = shape_in(entry.value);
        if (!shape.empty() && !entry.value.find("size")) {
            const Location at = entry.value.find("shape")->at;
            entry.value.map.push_back({"size", at, scalar(cells_of(shape), at)});
        }
    }
    if (!projections || projections->kind != Value::Kind::list) return;
    const auto find = [&](const Value& projection, const char* end) -> Value* {
        const Value* const name = projection.find(end);
        for (Entry& entry : populations->map) {
            if (name && entry.key == name->text) return &entry.value;
        }
        return nullptr;
    };
    for (bool grew = true; grew;) {
        grew = false;
        for (const Value& projection : projections->list) {
            Value *const from = find(projection, "from"), *const to = find(projection, "to");
            ConnectSpec connect;
            if (!from || !to || to->kind != Value::Kind::map || to->find("shape") ||
                !read_window(projection, connect))
                continue;
            const PopulationShape shape = shape_in(*from);
            if (shape.empty() || !connect.kernel || connect.kernel->sides.empty() ||
                (is_convolution(connect.rule) && connect.channels == 0) ||
                !window_problem(connect, shape, "").empty())
                continue;
            const PopulationShape after = shape_after(connect, shape);
            const Location at = projection.find("connect")->at;
            Value list;
            list.kind = Value::Kind::list;
            list.at = at;
            for (const std::int64_t n : after) list.list.push_back(scalar(n, at));
            to->map.push_back({"shape", at, list});
            if (!to->find("size")) to->map.push_back({"size", at, scalar(cells_of(after), at)});
            grew = true;
        }
    }
    const std::size_t before = problems.count();
    std::vector<const Value*> unknown;  // populations of which nothing more is told
    for (const Value& projection : projections->list) {
        Value *const from = find(projection, "from"), *const to = find(projection, "to");
        if (!from || !to || to->kind != Value::Kind::map || to->find("size")) continue;
        const Value* const connect = projection.find("connect");
        ConnectSpec read;
        if (std::find(unknown.begin(), unknown.end(), from) != unknown.end()) {
            if (!connect) continue;
        } else if (read_window(projection, read)) {
            const std::string wrong = why_no_shape(read, *from, projection.find("from")->text);
            if (!wrong.empty()) problems.add(*connect, wrong);
        } else if (!connect || connect->kind != Value::Kind::map || !names_window(*connect)) {
            continue;  // its reader tells that the size is missing
        }
        to->map.push_back({"size", connect->at, scalar(1, connect->at)});  // nothing comes of it
        unknown.push_back(to);
    }
    if (problems.count() > before) problems.throw_if_any();
}

}  // namespace snnsim
