// What kernels use of the standard library, for NVRTC, which brings none. The program gives it to
// NVRTC as text under the name of every standard header that kernels include; nothing else includes
// it. Functions like fmaf and sqrtf are NVRTC's own.
#pragma once

namespace std {

using size_t = decltype(sizeof 0);
using int8_t = signed char;
using int16_t = short;
using int32_t = int;
using int64_t = long;  // as on the host: "long long" would be another type there
using uint8_t = unsigned char;
using uint16_t = unsigned short;
using uint32_t = unsigned;
using uint64_t = unsigned long;
static_assert(sizeof(int32_t) == 4 && sizeof(int64_t) == 8);

template <class A, class B>
inline constexpr bool same = false;
template <class A>
inline constexpr bool same<A, A> = true;
template <class A, class B>
concept same_as = same<A, B>;
template <class From, class To>
concept convertible_to = requires(To (&take)(To), From (&give)()) {
    take(give());
};

template <class T, T... K>
struct integer_sequence {};
template <size_t... K>
using index_sequence = integer_sequence<size_t, K...>;
template <class T, size_t N, T... K>
struct counted_down {
    using sequence = typename counted_down<T, N - 1, static_cast<T>(N - 1), K...>::sequence;
};
template <class T, T... K>
struct counted_down<T, 0, K...> {
    using sequence = integer_sequence<T, K...>;
};
template <class T, T N>
using make_integer_sequence = typename counted_down<T, static_cast<size_t>(N)>::sequence;
template <size_t N>
using make_index_sequence = make_integer_sequence<size_t, N>;

template <class T, size_t N>
struct array {
    T elements[N];
    __host__ __device__ constexpr const T& operator[](size_t k) const { return elements[k]; }
};
template <class T, class... More>
array(T, More...) -> array<T, 1 + sizeof...(More)>;

template <class T>
struct numeric_limits;
template <>
struct numeric_limits<double> {
    __host__ __device__ static constexpr double infinity() {
        return __builtin_bit_cast(double, 0x7FF0000000000000);
    }
};

// Named in templates that no kernel instantiates.
template <class...>
class tuple;
template <class...>
class variant;
template <size_t K, class Tuple>
struct tuple_element;
template <size_t K, class Tuple>
using tuple_element_t = typename tuple_element<K, Tuple>::type;

}  // namespace std
