// The types of PTX, and how a register of each is kept: 32 lanes beside each other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ptxrun {

enum class Type : std::uint8_t {
    none,
    pred,
    b8,
    b16,
    b32,
    b64,
    b128,
    u8,
    u16,
    u32,
    u64,
    s8,
    s16,
    s32,
    s64,
    f16,
    f16x2,
    bf16,
    bf16x2,
    f32,
    f64
};

constexpr int size_of(Type t) {
    switch (t) {
        case Type::b8:
        case Type::u8:
        case Type::s8:
            return 1;
        case Type::b16:
        case Type::u16:
        case Type::s16:
        case Type::f16:
        case Type::bf16:
            return 2;
        case Type::b64:
        case Type::u64:
        case Type::s64:
        case Type::f64:
            return 8;
        case Type::b128:
            return 16;
        case Type::none:
            return 0;
        default:
            return 4;
    }
}
constexpr bool is_signed(Type t) {
    return t == Type::s8 || t == Type::s16 || t == Type::s32 || t == Type::s64;
}
constexpr bool is_float(Type t) {
    return t >= Type::f16;
}

constexpr Type type_named(std::string_view s) {
    constexpr std::pair<std::string_view, Type> names[] = {
        {"pred", Type::pred}, {"b8", Type::b8},         {"b16", Type::b16}, {"b32", Type::b32},
        {"b64", Type::b64},   {"b128", Type::b128},     {"u8", Type::u8},   {"u16", Type::u16},
        {"u32", Type::u32},   {"u64", Type::u64},       {"s8", Type::s8},   {"s16", Type::s16},
        {"s32", Type::s32},   {"s64", Type::s64},       {"f16", Type::f16}, {"f16x2", Type::f16x2},
        {"bf16", Type::bf16}, {"bf16x2", Type::bf16x2}, {"f32", Type::f32}, {"f64", Type::f64}};
    for (const auto& [name, type] : names)
        if (name == s) return type;
    return Type::none;
}

constexpr int lanes = 32;
constexpr std::uint32_t all_lanes = 0xFFFFFFFFu;

/// Bytes of a register in the register file of a warp. Predicates are one bit a lane; 8-bit types
/// lie in 16 bits.
constexpr int slot_bytes(Type t) {
    if (t == Type::pred) return 4;
    return lanes * (size_of(t) < 2 ? 2 : size_of(t));
}

}  // namespace ptxrun
